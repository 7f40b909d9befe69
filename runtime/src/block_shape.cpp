// Which launches a kernel's variant is for.
#include "npu/device.h"
#include "npu/kernel_image.h"

namespace npu {

// Lanes without a thread have numbers too.
static bool numbersAreNatural(uint32_t blocks, uint32_t threads) {
  return uint64_t(blocks) * threads + 32 <= INT32_MAX;
}

bool covers(BlockShape shape, const Extent3 &grid, const Extent3 &block) {
  if (shape == BlockShape::General)
    return true;
  if (!numbersAreNatural(grid.x, block.x) || !numbersAreNatural(grid.y, block.y) ||
      !numbersAreNatural(grid.z, block.z))
    return false;
  switch (shape) {
  case BlockShape::General:
    break;
  case BlockShape::WholeRows:
    return block.x % 32 == 0;
  case BlockShape::Line:
    return block.y == 1 && block.z == 1;
  case BlockShape::Rows16:
    return block.x == 16 && block.y % 2 == 0;
  case BlockShape::Rows8:
    return block.x == 8 && block.y % 4 == 0;
  }
  return false;
}

} // namespace npu
