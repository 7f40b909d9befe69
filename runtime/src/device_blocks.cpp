// See device_blocks.h. As many GPUs' drivers: what is below a MiB comes from pieces of 2 MiB, in
// multiples of 512 bytes, first fit; the rest has pieces of its own.
#include "device_blocks.h"

#include "shared_pages.h"

#include <map>
#include <mutex>

namespace npu::core {
namespace {

constexpr size_t kPage = 4096, kUnit = 512;
constexpr size_t kPiece = size_t(2) << 20, kLeastOwnPiece = kPiece / 2;

size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

struct Piece {
  size_t bytes = 0;
  bool small = false;               // for small blocks; else one block's own
  int file = -1;                    // when its pages are shared
  std::map<uintptr_t, size_t> free; // none touches another
  size_t blocks = 0;                // in use
};

// Never destroyed: programs free memory in static destructors.
struct Pieces {
  std::mutex mutex;
  std::map<uintptr_t, Piece> pieces;  // under mutex
  std::map<uintptr_t, size_t> blocks; // under mutex; in use
  size_t unused = 0;                  // under mutex; pieces for small blocks that hold none
};
Pieces &pieces() {
  static Pieces &instance = *new Pieces;
  return instance;
}

// The functions below: under the mutex.

using Place = std::map<uintptr_t, Piece>::iterator;

Place pieceOf(uintptr_t block) { return std::prev(pieces().pieces.upper_bound(block)); }

Place addPiece(Device &home, size_t bytes) {
  auto *memory = bytes <= SIZE_MAX - kPage ? home.allocate(roundUp(bytes, kPage), kPage) : nullptr;
  if (!memory)
    return pieces().pieces.end();
  const auto base = reinterpret_cast<uintptr_t>(memory);
  Piece piece;
  piece.bytes = roundUp(bytes, kPage);
  piece.free[base] = piece.bytes;
  return pieces().pieces.emplace(base, std::move(piece)).first;
}

void dropPiece(Device &home, Place place) {
  void *memory = reinterpret_cast<void *>(place->first);
  if (place->second.file >= 0)
    unsharePages(memory, place->second.bytes, place->second.file);
  home.release(memory);
  pieces().pieces.erase(place);
}

// 0: no room.
uintptr_t takeFrom(Piece &piece, size_t bytes) {
  for (auto it = piece.free.begin(); it != piece.free.end(); ++it) {
    const auto [start, size] = *it;
    if (size < bytes)
      continue;
    piece.free.erase(it);
    if (size > bytes)
      piece.free[start + bytes] = size - bytes;
    if (!piece.blocks++ && piece.small)
      --pieces().unused;
    pieces().blocks[start] = bytes;
    return start;
  }
  return 0;
}

void giveTo(Piece &piece, uintptr_t start, size_t bytes) {
  auto next = piece.free.lower_bound(start);
  if (next != piece.free.end() && next->first == start + bytes) {
    bytes += next->second;
    next = piece.free.erase(next);
  }
  if (next != piece.free.begin() && std::prev(next)->first + std::prev(next)->second == start)
    std::prev(next)->second += bytes;
  else
    piece.free[start] = bytes;
}

} // namespace

void *takeBlock(Device &home, size_t bytes) {
  std::lock_guard<std::mutex> lock(pieces().mutex);
  if (bytes >= kLeastOwnPiece) {
    const Place own = addPiece(home, bytes);
    return own == pieces().pieces.end()
               ? nullptr
               : reinterpret_cast<void *>(takeFrom(own->second, own->second.bytes));
  }
  const size_t whole = roundUp(bytes, kUnit);
  for (auto &[base, piece] : pieces().pieces)
    if (piece.small)
      if (const uintptr_t start = takeFrom(piece, whole))
        return reinterpret_cast<void *>(start);
  const Place added = addPiece(home, kPiece);
  if (added == pieces().pieces.end())
    return nullptr;
  added->second.small = true;
  ++pieces().unused;
  return reinterpret_cast<void *>(takeFrom(added->second, whole));
}

void giveBlock(Device &home, void *block) {
  const auto start = reinterpret_cast<uintptr_t>(block);
  std::lock_guard<std::mutex> lock(pieces().mutex);
  const auto found = pieces().blocks.find(start);
  const size_t bytes = found->second;
  pieces().blocks.erase(found);
  const Place place = pieceOf(start);
  Piece &piece = place->second;
  giveTo(piece, start, bytes);
  if (--piece.blocks)
    return;
  // One piece waits for the next small block.
  if (piece.small && piece.file < 0 && !pieces().unused)
    ++pieces().unused;
  else
    dropPiece(home, place);
}

Status shareBlock(const void *block, SharedPart &part) {
  const auto start = reinterpret_cast<uintptr_t>(block);
  std::lock_guard<std::mutex> lock(pieces().mutex);
  const Place place = pieceOf(start);
  Piece &piece = place->second;
  if (piece.file < 0)
    if (Status status = sharePages(reinterpret_cast<void *>(place->first), piece.bytes, piece.file);
        !status) {
      piece.file = -1;
      return status;
    }
  part = {piece.file, start - place->first};
  return {};
}

} // namespace npu::core
