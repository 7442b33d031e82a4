// Texts, line by line: too long to be sent in one piece.
#pragma once

#include <cstdint>
#include <map>
#include <memory>
#include <string>
#include <vector>

#include <rmi/interface.hpp>
#include <rmi/stream.hpp>

class TextArchive {
  using Text = std::shared_ptr<const std::vector<std::string>>;

 public:
  /// Reads the lines while their sender still writes them. @return how many there were.
  std::uint64_t store(const std::string& title, rmi::Stream<std::string> lines) {
    std::vector<std::string> text;
    for (std::string& line : lines)
      text.push_back(std::move(line));
    const auto size = text.size();
    texts_[title] = std::make_shared<const std::vector<std::string>>(std::move(text));
    return size;
  }

  /// The lines that contain a word. @throws std::out_of_range  there is no such text.
  rmi::Stream<std::string> search(const std::string& title, const std::string& word) const {
    return matching(texts_.at(title), word);
  }

 private:
  /// Runs on when its reader wants more: so it has all that it needs, and shares nothing.
  static rmi::Stream<std::string> matching(Text text, std::string word) {
    for (const std::string& line : *text)
      if (line.find(word) != std::string::npos) co_yield line;
  }

  std::map<std::string, Text> texts_;
};
RMI_INTERFACE(TextArchive, (store, rmi::params("title", "lines")),
              (search, rmi::params("title", "word")))
