// What kernels ask of the system while they run, as memory that the runtime and the device library
// share: no host function is called from a kernel.
//
// A service is a variable `__npu_service_<name>` that device code declares and nobody defines. The
// kernel image lists it among the kernel's hidden globals, and at each launch the runtime passes
// the address that the service's row in runtime/src/services.def provides. A kernel that names no
// service costs nothing. Included by both sides: plain data, no header but this one.
#pragma once

namespace npu::services {

constexpr char kPrefix[] = "__npu_service_";

// Service `launch`: this launch's own record, zero but for what the runtime fills in.
struct LaunchRecord {
  // The first failure of a thread: the Failure below; 0: none. Written by an atomic exchange.
  unsigned failure;
  unsigned multiprocessors, warpsPerMultiprocessor;
  unsigned long long grid;  // the launch's number
  unsigned long long value; // of the failure: the address given to free()
  // The time is nanosecondOrigin + (clock64() - tickOrigin) * nanosecondsPerTick.
  unsigned long long tickOrigin, nanosecondOrigin;
  double nanosecondsPerTick;
};

enum Failure : unsigned {
  kNoFailure,
  kAssertion,       // assert()
  kTrap,            // __trap(), abort()
  kInvalidFree,     // free() of what is not allocated by malloc(), or not any more
  kBadCall,         // a call through a pointer that is no device function: the pointer
  kTooManyChildren, // no room for what kernels have asked for with service `children`
  // Of blocks whose warps take turns (npu/warp_turns.h):
  kStuckBarrier, // every warp that is left waits at a barrier for one that does not come
  kSplitWarp,    // threads of one warp wait at different barriers
};

// Service `print`: printf's first-in-first-out memory. A record takes a number from `records` and
// its bytes from `bytes`; both only grow, and places are taken modulo the sizes, so that the oldest
// records are overwritten. An index entry's `stamp` is the record's number + 1 and is written last.
struct PrintIndex {
  unsigned long long start, stamp;
};
struct PrintMemory {
  unsigned long long records, bytes;
  unsigned long long indexSize, dataBytes; // powers of two
  PrintIndex *index;
  unsigned long long *data; // words of 8 bytes
};
// A record in words of 8 bytes: this header, one word per argument, then texts, each ended by a
// zero byte and padded to whole words. A text argument's word is the text's offset in bytes from
// the record's start, 0 for a null pointer.
struct PrintRecord {
  unsigned long long number;
  unsigned bytes;           // of the whole record
  unsigned argumentCount;   // at most kPrintArguments
  unsigned formatOffset;    // bytes from the record's start
  unsigned toStandardError; // not 0: a failed assertion
};
constexpr unsigned kPrintArguments = 32; // CUDA C++ programming guide, "Formatted output"

// Service `heap`: malloc and free in kernels. The memory behind the header is cut into chunks of
// certain sizes, which keep their size for ever; a free chunk is on its size's list. A list's head
// is the offset / 16 of the first chunk in the low word and a count that makes each value of the
// head new in the high word.
constexpr unsigned kHeapSizes = 128;
struct Heap {
  unsigned long long limitBytes; // of what the program may have at a time
  unsigned long long usedBytes;
  unsigned long long endOffset;  // from the heap's start: of the memory
  unsigned long long nextOffset; // memory from here on has never been used
  unsigned long long lists[kHeapSizes];
};

// Service `children`: what the threads of a grid have launched, copied and filled. The runtime does
// it, in the order of the records, when the grid has ended, or when all its blocks wait. Records
// take their bytes from `nextByte`, which may pass the end: then there is no more room.
struct ChildQueue {
  unsigned long long dataBytes; // behind this header
  unsigned long long nextByte;  // from there: of the next record
  unsigned long long asked;     // records so far
  unsigned long long done;      // of them, those whose work is done
  unsigned long long device;    // the runtime's: whose variables the children see
  unsigned long long reserved;
};
enum ChildKind : unsigned { kChildLaunch, kChildCopy, kChildFill };
struct ChildRecord {
  unsigned kind;          // ChildKind
  unsigned bytes;         // of the whole record, a multiple of 16
  unsigned isTail;        // only when the grid and everything else that it asked for is done
  unsigned argumentBytes; // of a launch, behind this record: the kernel's parameters
  unsigned grid[3], block[3];
  unsigned long long kernel; // npu::kernelNumber()
  unsigned long long sharedBytes;
  unsigned long long dst, source, transferBytes; // of a copy; a fill's source is the byte's value
};
static_assert(sizeof(ChildQueue) % 16 == 0 && sizeof(ChildRecord) % 16 == 0, "arguments align");

} // namespace npu::services
