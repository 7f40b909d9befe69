// Relocatable device code (-rdc=true, -dc) inside host objects.
//
// Clang puts the file that it is given into the section __nv_relfatbin and makes the object's
// constructor call __cudaRegisterLinkedBinary<id>, which nobody defines before the device link: an
// object that missed it does not link. The file is our bitcode in a frame, because the linker joins
// sections (ld -r) and keeps no lengths. The device link takes the bitcode of all objects, makes
// one image, and a small host object that holds the image and defines those functions.
#pragma once

#include "llvm/ADT/ArrayRef.h"
#include "llvm/ADT/StringRef.h"
#include "llvm/Support/Error.h"

#include <cstdint>
#include <string>
#include <vector>

namespace npu::driver {

// Frame: "NPURDC01", length in bytes (8, little endian), the bitcode, zeros up to a multiple of 8.
std::vector<uint8_t> frameBitcode(llvm::ArrayRef<uint8_t> bitcode);

// Clang derives <id> from the source's name alone, which two objects may share; this adds `unit`.
llvm::Error makeRegistrationUnique(llvm::StringRef object, llvm::StringRef unit);

struct RelocatableCode {
  std::vector<std::vector<uint8_t>> bitcode;
  std::vector<std::string> registrations; // the __cudaRegisterLinkedBinary<id> to define
};

// Reads objects and archives. Of an archive, the members that something refers to, by host or
// device code; what an earlier device link has registered is left out.
llvm::Expected<RelocatableCode> collectRelocatableCode(const std::vector<std::string> &files);

// C source of the object that registers the linked image in `imageFile`.
std::string registrationSource(const RelocatableCode &code, llvm::StringRef imageFile);

} // namespace npu::driver
