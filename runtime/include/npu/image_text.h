// A kernel image as text, for programs that handle compiled kernels as strings, as they do PTX:
// `npucc -ptx` writes it, module loading reads it. Its first lines look like PTX (a target, the
// names of the entries); the image itself follows in base64 on comment lines, so that any handling
// of line ends leaves it intact.
#pragma once

#include "npu/kernel_image.h"

#include <string>
#include <string_view>

namespace npu {

// `bytes` must be a serialized image.
std::string imageToText(const std::vector<uint8_t> &bytes);
// False when `text` is not such a text or is damaged.
bool isImageText(std::string_view text);
bool imageFromText(std::string_view text, std::vector<uint8_t> &bytes);

} // namespace npu
