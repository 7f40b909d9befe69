// See device_blocks.h. As many GPUs' drivers: what is below a MiB comes from pieces of 2 MiB, in
// multiples of 512 bytes, where it fits best; the rest has pieces of its own.
#include "device_blocks.h"

#include "shared_pages.h"

#include <map>
#include <mutex>
#include <set>
#include <utility>

namespace npu::core {
namespace {

constexpr size_t kPage = 4096, kUnit = 512;
constexpr size_t kPiece = size_t(2) << 20, kLeastOwnPiece = kPiece / 2;

size_t roundUp(size_t bytes, size_t unit) { return (bytes + unit - 1) / unit * unit; }

// The pieces for small blocks of a kind.
struct Family {
  std::set<std::pair<size_t, uintptr_t>> free; // what Piece::free says, by size
  size_t unused = 0;                           // pieces that hold no block
};

struct Piece {
  size_t bytes = 0;
  Family *family = nullptr;         // null: the piece is one block's own
  int file = -1;                    // when its pages are shared
  std::map<uintptr_t, size_t> free; // none touches another
  size_t blocks = 0;                // in use
};

// Never destroyed: programs free memory in static destructors.
struct Pieces {
  std::mutex mutex;
  std::map<uintptr_t, Piece> pieces;     // under mutex
  std::map<uintptr_t, size_t> blocks;    // under mutex; in use, in pieces of a family
  std::map<MemoryKind, Family> families; // under mutex
};
Pieces &pieces() {
  static Pieces &instance = *new Pieces;
  return instance;
}

uintptr_t obtain(Device &home, size_t bytes) {
  return reinterpret_cast<uintptr_t>(home.allocate(bytes, kPage));
}

// Of a piece that is no longer known.
void giveBack(Device &home, uintptr_t start, const Piece &piece) {
  void *memory = reinterpret_cast<void *>(start);
  // Pages that the system leaves shared are nobody's from now on.
  if (piece.file < 0 || unsharePages(memory, piece.bytes, piece.file))
    home.release(memory);
}

// The functions below: under the mutex.

using Place = std::map<uintptr_t, Piece>::iterator;

Place pieceOf(uintptr_t block) { return std::prev(pieces().pieces.upper_bound(block)); }

Piece &addPiece(uintptr_t start, size_t bytes, Family *family) {
  Piece piece;
  piece.bytes = bytes;
  piece.family = family;
  return pieces().pieces.emplace(start, std::move(piece)).first->second;
}

void addFree(Piece &piece, uintptr_t start, size_t bytes) {
  piece.free[start] = bytes;
  piece.family->free.emplace(bytes, start);
}

void removeFree(Piece &piece, std::map<uintptr_t, size_t>::iterator at) {
  piece.family->free.erase({at->second, at->first});
  piece.free.erase(at);
}

void *takeFrom(Piece &piece, uintptr_t start, size_t bytes) {
  const auto found = piece.free.find(start);
  const size_t size = found->second;
  removeFree(piece, found);
  if (size > bytes)
    addFree(piece, start + bytes, size - bytes);
  if (!piece.blocks++)
    --piece.family->unused;
  pieces().blocks[start] = bytes;
  return reinterpret_cast<void *>(start);
}

void giveTo(Piece &piece, uintptr_t start, size_t bytes) {
  const auto next = piece.free.lower_bound(start);
  if (next != piece.free.begin())
    if (const auto before = std::prev(next); before->first + before->second == start) {
      start = before->first;
      bytes += before->second;
      removeFree(piece, before);
    }
  if (next != piece.free.end() && next->first == start + bytes) {
    bytes += next->second;
    removeFree(piece, next);
  }
  addFree(piece, start, bytes);
}

void *takeSmall(Device &home, Family &family, size_t bytes) {
  const auto fitting = family.free.lower_bound({bytes, 0});
  if (fitting != family.free.end())
    return takeFrom(pieceOf(fitting->second)->second, fitting->second, bytes);
  const uintptr_t start = obtain(home, kPiece);
  if (!start)
    return nullptr;
  Piece &piece = addPiece(start, kPiece, &family);
  ++family.unused;
  addFree(piece, start, kPiece);
  return takeFrom(piece, start, bytes);
}

} // namespace

void *takeBlock(Device &home, MemoryKind kind, size_t bytes) {
  if (bytes > SIZE_MAX - kPage)
    return nullptr;
  if (bytes < kLeastOwnPiece) {
    std::lock_guard<std::mutex> lock(pieces().mutex);
    return takeSmall(home, pieces().families[kind], roundUp(bytes, kUnit));
  }
  const size_t whole = roundUp(bytes, kPage);
  const uintptr_t start = obtain(home, whole);
  if (!start)
    return nullptr;
  std::lock_guard<std::mutex> lock(pieces().mutex);
  addPiece(start, whole, nullptr);
  return reinterpret_cast<void *>(start);
}

void giveBlock(Device &home, void *block) {
  auto start = reinterpret_cast<uintptr_t>(block);
  Piece dropped;
  {
    std::lock_guard<std::mutex> lock(pieces().mutex);
    const Place place = pieceOf(start);
    Piece &piece = place->second;
    if (Family *family = piece.family) {
      const auto found = pieces().blocks.find(start);
      giveTo(piece, start, found->second);
      pieces().blocks.erase(found);
      if (--piece.blocks)
        return;
      // One piece waits for the next small block.
      if (piece.file < 0 && !family->unused) {
        ++family->unused;
        return;
      }
      removeFree(piece, piece.free.begin());
    }
    start = place->first;
    dropped = std::move(piece);
    pieces().pieces.erase(place);
  }
  giveBack(home, start, dropped);
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
