// Steps that this program does itself, each in a forked process: compiling and linking device code,
// and writing a static library.
#pragma once

#include "driver/layout.h"
#include "driver/process.h"
#include "driver/settings.h"
#include "npu/device_compiler.h"

#include "llvm/ADT/ArrayRef.h"

#include <cstdint>
#include <string>
#include <vector>

namespace npu::driver {

// What all device compilations of a run have in common.
DeviceCompileOptions deviceOptions(const Layout &layout, const Settings &settings);

// Writes the image, or framed bitcode when options.relocatable.
Step compileDeviceStep(const Settings &settings, DeviceCompileOptions options,
                       std::string imageFile);
Step linkDeviceStep(const Settings &settings, const std::vector<std::string> &files,
                    std::vector<std::vector<uint8_t>> bitcode, DeviceCompileOptions options,
                    std::string imageFile);
// `stems[i]` names files[i] inside the library.
Step archiveStep(std::vector<std::string> files, std::vector<std::string> stems,
                 std::string library);

llvm::Error writeFile(llvm::StringRef path, llvm::ArrayRef<uint8_t> bytes);

} // namespace npu::driver
