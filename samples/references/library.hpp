// A library that lends books, and calls back.
#pragma once

#include <map>
#include <memory>
#include <string>
#include <vector>

#include <rmi/interface.hpp>

class Book {
 public:
  explicit Book(std::string title) : title_(std::move(title)) {}
  std::string title() const { return title_; }
  std::string read() { return "page " + std::to_string(++page_); }

 private:
  std::string title_;
  int page_ = 0;
};
RMI_INTERFACE(Book, title, read)

/// Somebody who likes to hear of new books.
class Reader {
 public:
  virtual ~Reader() = default;
  virtual void arrived(const std::string& title) = 0;
};
RMI_INTERFACE(Reader, arrived)

class Library {
 public:
  /// The book stays here, and is read from afar. Nothing, if there is no such book.
  std::shared_ptr<Book> borrow(const std::string& title) const {
    const auto book = books_.find(title);
    return book == books_.end() ? nullptr : book->second;
  }
  void join(const rmi::Ref<Reader>& reader) { readers_.push_back(reader); }
  void add(const std::string& title) {
    books_[title] = std::make_shared<Book>(title);
    for (const auto& reader : readers_)
      reader->arrived(title);
  }
  /// How many titles the caller's own function likes.
  int count(const rmi::Callback<bool(std::string)>& likes) const {
    int liked = 0;
    for (const auto& [title, book] : books_)
      liked += likes(title) ? 1 : 0;
    return liked;
  }

 private:
  std::map<std::string, std::shared_ptr<Book>> books_;
  std::vector<rmi::Ref<Reader>> readers_;
};
RMI_INTERFACE(Library, borrow, join, add, count)
