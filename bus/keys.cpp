// CURVE keys by libzmq, and their files.
#include "bus/keys.hpp"

#include <fcntl.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zmq.h>

#include <array>
#include <cerrno>
#include <cstdint>
#include <cstdlib>
#include <cstring>
#include <stdexcept>
#include <utility>

#include <fmt/format.h>

#include "bus/text_file.hpp"

namespace rmi {
namespace {

constexpr std::size_t key_size = 40;
using KeyText = std::array<char, key_size + 1>;  // with the zero byte that libzmq puts there

// Nobody's key file is larger; what is, is some other file.
constexpr std::size_t most_bytes = 64U << 10U;

class Descriptor {
 public:
  explicit Descriptor(int fd) : fd_(fd) {}
  ~Descriptor() {
    if (fd_ >= 0) ::close(fd_);
  }
  Descriptor(const Descriptor&) = delete;
  Descriptor& operator=(const Descriptor&) = delete;
  int get() const noexcept { return fd_; }

 private:
  const int fd_;
};

std::string public_key_of(const std::string& secret) {
  KeyText text{};
  if (zmq_curve_public(text.data(), secret.c_str()) != 0) return {};
  return text.data();
}

std::string read_private(const std::string& file) {
  const Descriptor fd(::open(file.c_str(), O_RDONLY | O_CLOEXEC | O_NOCTTY));
  struct stat status {};
  if (fd.get() < 0 || ::fstat(fd.get(), &status) != 0)
    throw std::invalid_argument(
        fmt::format("cannot read the keys in '{}': {}{}", file, std::strerror(errno),
                    errno == ENOENT ? "; `rmi-keys new FILE` makes such a file" : ""));
  if (!S_ISREG(status.st_mode))
    throw std::invalid_argument(fmt::format("cannot read the keys in '{}': it is no file", file));
  if ((status.st_mode & 077U) != 0)
    throw std::invalid_argument(
        fmt::format("the keys in '{0}' are open to others than their owner (mode {1:04o}); close "
                    "it with `chmod 600 {0}`, and make new keys if somebody may have read them",
                    file, status.st_mode & 07777U));
  std::string text(most_bytes + 1, '\0');
  std::size_t size = 0;
  while (size < text.size()) {
    const auto got = ::read(fd.get(), text.data() + size, text.size() - size);
    if (got < 0 && errno == EINTR) continue;
    if (got < 0)
      throw std::invalid_argument(
          fmt::format("cannot read the keys in '{}': {}", file, std::strerror(errno)));
    if (got == 0) break;
    size += static_cast<std::size_t>(got);
  }
  text.resize(size);
  return text;
}

bool write_all(int fd, std::string_view text) {
  while (!text.empty()) {
    const auto done = ::write(fd, text.data(), text.size());
    if (done < 0 && errno == EINTR) continue;
    if (done < 0) return false;
    text.remove_prefix(static_cast<std::size_t>(done));
  }
  return ::fsync(fd) == 0;
}

std::string from_environment(const char* name) {
  const char* value = std::getenv(name);
  return value == nullptr ? "" : value;
}

}  // namespace

void require_curve() {
  if (zmq_has("curve") == 0)
    throw std::runtime_error(
        "there can be no keys: libzmq, the ZeroMQ library of this machine, was built without "
        "CURVE");
}

bool is_key(std::string_view text) {
  if (text.size() != key_size) return false;
  std::array<std::uint8_t, 32> bytes{};
  return zmq_z85_decode(bytes.data(), std::string(text).c_str()) != nullptr;
}

KeyPair new_keys() {
  require_curve();
  KeyText public_key{};
  KeyText secret_key{};
  if (zmq_curve_keypair(public_key.data(), secret_key.data()) != 0)
    throw std::runtime_error(fmt::format("cannot make keys: {}", zmq_strerror(zmq_errno())));
  return {public_key.data(), secret_key.data()};
}

KeyPair parse_keys(std::string_view text, const std::string& file) {
  require_curve();
  KeyPair keys;
  for_each_line(text, [&](std::string_view line, std::size_t number) {
    const auto fail = [&](std::string_view expected) {
      throw std::invalid_argument(
          fmt::format("'{}' is no file of keys: in line {}, expected {}", file, number, expected));
    };
    const auto equals = line.find('=');
    const auto name = trimmed(line.substr(0, std::min(equals, line.size())));
    if (equals == std::string_view::npos || (name != "public" && name != "secret"))
      fail("`public = KEY` or `secret = KEY`");
    std::string& into = name == "public" ? keys.public_key : keys.secret_key;
    if (!into.empty()) fail(fmt::format("one `{}` key only", name));
    into = trimmed(line.substr(equals + 1));
    if (!is_key(into)) fail(fmt::format("a {} key of 40 characters (Z85)", name));
  });
  for (const auto& [name, key] :
       {std::pair("public", &keys.public_key), std::pair("secret", &keys.secret_key)})
    if (key->empty())
      throw std::invalid_argument(
          fmt::format("'{}' is no file of keys: it has no line `{} = KEY`", file, name));
  if (public_key_of(keys.secret_key) != keys.public_key)
    throw std::invalid_argument(
        fmt::format("the keys in '{}' do not belong together; make new ones", file));
  return keys;
}

KeyPair read_keys(const std::string& file) {
  return parse_keys(read_private(file), file);
}

void write_keys(const std::string& file, const KeyPair& keys) {
  const Descriptor fd(::open(file.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600));
  if (fd.get() < 0)
    throw std::runtime_error(fmt::format(
        "cannot make '{}': {}", file,
        errno == EEXIST ? "it is there already, and keys are never overwritten; give another name"
                        : std::strerror(errno)));
  const std::string text = fmt::format(
      "# Keys for rmibus. Give the public one away; nobody else may have the secret one.\n"
      "public = {}\nsecret = {}\n",
      keys.public_key, keys.secret_key);
  if (write_all(fd.get(), text)) return;
  const int error = errno;
  ::unlink(file.c_str());  // half a file would be in the way
  throw std::runtime_error(fmt::format("cannot write '{}': {}", file, std::strerror(error)));
}

std::shared_ptr<const LinkKeys> link_keys(std::string key_file, std::string broker_key) {
  if (key_file.empty() && broker_key.empty()) {
    key_file = from_environment("RMI_KEY_FILE");
    broker_key = from_environment("RMI_BROKER_KEY");
  }
  if (key_file.empty() && broker_key.empty()) return nullptr;
  if (broker_key.empty())
    throw std::invalid_argument(fmt::format(
        "the public key of the broker is missing (broker_key, $RMI_BROKER_KEY), which goes with "
        "the key file '{}'; `rmi-keys public FILE` prints it where the broker runs",
        key_file));
  if (key_file.empty())
    throw std::invalid_argument(
        "the file with the keys of this program is missing (key_file, $RMI_KEY_FILE), which goes "
        "with the broker's key; `rmi-keys new FILE` makes one");
  if (!is_key(broker_key))
    throw std::invalid_argument(
        "the broker's key (broker_key, $RMI_BROKER_KEY) is no key: expected the 40 characters that "
        "`rmi-keys public FILE` prints where the broker runs");
  return std::make_shared<const LinkKeys>(LinkKeys{read_keys(key_file), std::move(broker_key)});
}

}  // namespace rmi
