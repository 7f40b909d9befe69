// The compiled device side of one program or library: what the translator writes and the runtime
// embeds, registers and loads. A header with tables, and one small code module per kernel, so that
// a program pays only for the kernels that it launches. Plain data: no LLVM, no OpenCL.
//
// Kernel ABI (form SpirBitcode): every kernel has two OpenCL arguments,
//   0: a struct by value of `argumentBytes` bytes: the CUDA parameters at `parameters[i].offset`
//      (CUDA's own layout), then one 8-byte device address per entry of `hiddenGlobals`;
//   1: a __local byte pointer: the dynamic shared memory (at least 1 byte is always passed).
// A work-item is one thread (local size = block, global size = grid * block; in blocks of one
// column x and the first dimension of more change places, and the global offset of x is that
// dimension's number, else 0), or, where the kernel `executesBlocks`, a whole block: local size =
// (1, 1, 1), global size = grid, the block's extents x, y, z lie as three 32-bit words at
// `blockExtentOffset`, and the __local pointer is to the static shared memory, which the dynamic
// one follows. Where it has `mostStripWarps`, a work-item is several blocks that are neighbours in
// x, and two more words follow the extents: how many blocks, and gridDim.x.
#pragma once

#include "npu/status.h"

#include <cstdint>
#include <string>
#include <vector>

namespace npu {

struct Extent3; // device.h

// The blocks that a kernel's variant is made for. The numbers are written into images. All but the
// general one are for grids in which blockIdx * blockDim + threadIdx is below 2^31 on every axis.
enum class BlockShape : uint32_t {
  General = 0,   // any block
  WholeRows = 1, // x is a multiple of 32: lanes are neighbours in x; y and z are the same in a warp
  Line = 2,      // y and z are 1: lanes are neighbours in x; the last warp may be partly empty
  Rows16 = 3,    // x is 16 and y even: a warp is two rows
  Rows8 = 4,     // x is 8 and y a multiple of 4: a warp is four rows
};
bool covers(BlockShape shape, const Extent3 &grid, const Extent3 &block);

// The name of a kernel inside its module. Names of templates can be thousands of characters long,
// and OpenCL implementations make file names of them (PoCL), which end at 255: a long name is cut,
// and a hash of the whole name keeps it unique.
std::string entryName(const std::string &kernelName);
// What device code calls a kernel by that it launches: made from the mangled name.
uint64_t kernelNumber(const std::string &kernelName);

struct KernelImage {
  static constexpr uint32_t kNone = UINT32_MAX;
  enum class Form : uint32_t { SpirBitcode = 1, SpirV = 2 };

  struct Module {
    Form form = Form::SpirBitcode;
    std::vector<uint8_t> bytes;
  };
  struct Parameter {
    uint32_t offset = 0; // bytes from the start of the argument struct
    uint32_t size = 0;   // bytes
  };
  struct HiddenGlobal {
    uint32_t offset = 0; // where in the argument struct the global's address goes
    uint32_t global = 0; // index into `globals`
  };
  struct Variant {
    BlockShape shape = BlockShape::General;
    uint32_t kernel = kNone; // index into `kernels`
  };
  struct Kernel {
    std::string name;       // mangled, as registered by the host code; see entryName()
    std::string sourceName; // demangled, for messages
    std::string location;   // file:line, for messages
    uint32_t module = 0;    // index into `modules`
    uint32_t argumentBytes = 0;
    std::vector<Parameter> parameters;
    std::vector<HiddenGlobal> hiddenGlobals;
    uint32_t staticSharedBytes = 0;
    uint32_t localBytesPerThread = 0;   // an estimate, for function attributes
    uint32_t maxThreadsPerBlock = 1024; // from __launch_bounds__, else 1024
    bool usesDynamicShared = false;
    bool executesBlocks = false;
    uint32_t blockExtentOffset = 0; // in the argument struct; when it executes blocks
    // Not 0: it executes strips, of at most so many warps, or of one block.
    uint32_t mostStripWarps = 0;
    uint32_t extentBytes() const { return mostStripWarps ? 20 : 12; }
    // Not 0: warps take turns (npu/warp_turns.h). An execution is one work-item, a place for
    // blocks, and this is what a warp needs in it; their shared memory is there too.
    uint32_t warpFrameBytes = 0;
    bool waitsForBlocks = false;   // for other blocks, which must be there at the same time
    bool synchronizesGrid = false; // must be launched cooperatively
    uint32_t cluster[3] = {};      // blocks, from __cluster_dims__; 0: the launch says
    // Kernels to launch instead of this one: the first whose shape covers the block.
    std::vector<Variant> variants;
  };
  struct Relocation {
    uint32_t offset = 0; // in the global's initial bytes
    uint32_t global = 0; // whose address is stored there
    int64_t addend = 0;
  };
  struct Global {
    std::string name; // mangled, as registered by the host code
    uint64_t bytes = 0;
    uint32_t alignment = 1;
    bool constant = false;        // __constant__
    bool managed = false;         // __managed__
    std::vector<uint8_t> initial; // empty: zero-filled; else exactly `bytes` long
    std::vector<Relocation> relocations;
  };

  std::vector<Module> modules;
  std::vector<Kernel> kernels;
  std::vector<Global> globals;

  std::vector<uint8_t> serialize() const;
  // Checks every offset and length; a truncated, foreign or newer image is
  // npuErrorInvalidKernelImage with the reason, never undefined behaviour. `bytes` may exceed the
  // image's own length.
  static Status parse(const uint8_t *data, size_t bytes, KernelImage &image);
  // The whole length in bytes of the image that starts at `data`, from its header; 0 when `data`
  // does not start with an image's magic number. Reads 24 bytes.
  static uint64_t imageBytes(const uint8_t *data);
  // Whether the image that starts at `data` has managed variables, from its header.
  static bool hasManagedVariables(const uint8_t *data);
};

} // namespace npu
