// See npu/image_text.h. The alphabet is base64url (RFC 4648), which has no slash. Plain functions.
#include "npu/image_text.h"

#include <algorithm>
#include <cctype>

namespace npu {
namespace {

constexpr std::string_view kStart = "//npu-image ", kEnd = "//npu-end", kLine = "//:";
constexpr char kAlphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";
constexpr size_t kBytesPerLine = 57; // 76 characters

int digit(char c) {
  for (int i = 0; i < 64; ++i)
    if (kAlphabet[i] == c)
      return i;
  return -1;
}

void encodeLine(const uint8_t *data, size_t bytes, std::string &out) {
  out += kLine;
  for (size_t i = 0; i < bytes; i += 3) {
    uint32_t word = uint32_t(data[i]) << 16;
    const size_t left = bytes - i;
    if (left > 1)
      word |= uint32_t(data[i + 1]) << 8;
    if (left > 2)
      word |= data[i + 2];
    for (size_t k = 0; k < (left > 2 ? 4 : left + 1); ++k)
      out += kAlphabet[word >> (18 - 6 * k) & 63];
  }
  out += '\n';
}

bool decodeLine(std::string_view line, std::vector<uint8_t> &bytes) {
  uint32_t word = 0;
  unsigned bits = 0;
  for (char c : line) {
    if (std::isspace(static_cast<unsigned char>(c)))
      continue;
    const int value = digit(c);
    if (value < 0)
      return false;
    word = word << 6 | uint32_t(value);
    bits += 6;
    if (bits >= 8) {
      bits -= 8;
      bytes.push_back(uint8_t(word >> bits));
    }
  }
  return true;
}

} // namespace

std::string imageToText(const std::vector<uint8_t> &bytes) {
  std::string out = "//\n// A kernel image of cu2npu as text; not code for a GPU.\n//\n"
                    ".version 8.7\n.target sm_80\n.address_size 64\n\n";
  KernelImage image;
  if (KernelImage::parse(bytes.data(), bytes.size(), image))
    for (const KernelImage::Kernel &kernel : image.kernels)
      if (kernel.name.find('.') == std::string::npos)
        out += ".visible .entry " + kernel.name + "()\n";
  out += std::string(kStart) + std::to_string(bytes.size()) + '\n';
  for (size_t at = 0; at < bytes.size(); at += kBytesPerLine)
    encodeLine(bytes.data() + at, std::min(kBytesPerLine, bytes.size() - at), out);
  return out + std::string(kEnd) + '\n';
}

bool isImageText(std::string_view text) { return text.find(kStart) != std::string_view::npos; }

bool imageFromText(std::string_view text, std::vector<uint8_t> &bytes) {
  bytes.clear();
  const size_t start = text.find(kStart);
  if (start == std::string_view::npos)
    return false;
  uint64_t length = 0;
  size_t at = start + kStart.size();
  for (; at < text.size() && std::isdigit(static_cast<unsigned char>(text[at])); ++at)
    length = length * 10 + uint64_t(text[at] - '0');
  const size_t end = text.find(kEnd, at);
  if (end == std::string_view::npos)
    return false;
  while ((at = text.find(kLine, at)) < end) {
    at += kLine.size();
    const size_t next = text.find("//", at);
    if (!decodeLine(text.substr(at, next - at), bytes))
      return false;
    at = next;
  }
  return bytes.size() == length;
}

} // namespace npu
