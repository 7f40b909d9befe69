// The memory that kernels print into, and its way to the host's stdout and stderr.
//
// CUDA overwrites the oldest output when a program prints more than the limit's bytes between two
// synchronisations. So does this memory, but it is kSpare times as large: records carry their
// formats, and losing nothing is better. What is lost is said.
#include "services.h"

#include "npu/device_services.h"

#include "devices.h"
#include "log.h"
#include "print_format.h"

#include <algorithm>
#include <atomic>
#include <cstdio>
#include <cstring>
#include <mutex>
#include <vector>

namespace npu::core {
namespace {

using services::PrintIndex;
using services::PrintMemory;
using services::PrintRecord;

constexpr uint64_t kSpare = 16, kLeastBytes = uint64_t(1) << 20, kBytesPerIndexEntry = 128;

struct Printing {
  std::atomic<PrintMemory *> memory{nullptr}; // made at the first launch that prints
  std::mutex mutex;
  // All below: under mutex.
  uint64_t limitBytes = kLeastBytes;
  uint64_t shown = 0; // records
};
Printing &printing() {
  static Printing &instance = *new Printing;
  return instance;
}

uint64_t powerOfTwo(uint64_t atLeast) {
  uint64_t result = 1;
  while (result < atLeast)
    result *= 2;
  return result;
}

// Under the mutex.
Status create() {
  const uint64_t dataBytes = powerOfTwo(std::max(printing().limitBytes, kLeastBytes)) * kSpare;
  const uint64_t indexSize = dataBytes / kBytesPerIndexEntry;
  Device *home = Team::get().memoryHome();
  const size_t indexBytes = indexSize * sizeof(PrintIndex);
  void *whole = home ? home->allocate(sizeof(PrintMemory) + indexBytes + dataBytes, 256) : nullptr;
  if (!whole)
    return Status(npuErrorMemoryAllocation,
                  "no memory for what kernels print: lower npuLimitPrintfFifoSize");
  auto *memory = static_cast<PrintMemory *>(whole);
  *memory = {};
  memory->indexSize = indexSize;
  memory->dataBytes = dataBytes;
  memory->index = reinterpret_cast<PrintIndex *>(memory + 1);
  memory->data = reinterpret_cast<unsigned long long *>(memory->index + indexSize);
  std::memset(memory->index, 0, indexBytes);
  printing().memory.store(memory, std::memory_order_release);
  return {};
}

std::vector<uint64_t> copyRecord(const PrintMemory &memory, uint64_t start) {
  const uint64_t mask = memory.dataBytes - 1;
  auto word = [&](uint64_t offset) {
    return uint64_t(__atomic_load_n(&memory.data[((start + offset) & mask) / 8], __ATOMIC_RELAXED));
  };
  PrintRecord header;
  std::vector<uint64_t> words;
  for (uint64_t offset = 0; offset < sizeof header; offset += 8)
    words.push_back(word(offset));
  std::memcpy(&header, words.data(), sizeof header);
  if (header.bytes > memory.dataBytes)
    return {};
  for (uint64_t offset = sizeof header; offset < header.bytes; offset += 8)
    words.push_back(word(offset));
  return words;
}

void show(const std::vector<uint64_t> &record) {
  PrintRecord header{};
  std::memcpy(&header, record.data(), std::min(sizeof header, record.size() * 8));
  const std::string text = formatPrint(record);
  std::fwrite(text.data(), 1, text.size(), header.toStandardError ? stderr : stdout);
}

} // namespace

Status providePrintMemory(Launch &, void **address) {
  std::lock_guard<std::mutex> lock(printing().mutex);
  if (!printsExist())
    if (Status status = create(); !status)
      return status;
  *address = printing().memory.load(std::memory_order_relaxed);
  return {};
}

bool printsExist() { return printing().memory.load(std::memory_order_acquire); }

void flushPrints() {
  PrintMemory *memory = printing().memory.load(std::memory_order_acquire);
  if (!memory)
    return;
  std::lock_guard<std::mutex> lock(printing().mutex);
  uint64_t lost = 0;
  for (;; ++printing().shown) {
    const uint64_t number = printing().shown;
    if (number == __atomic_load_n(&memory->records, __ATOMIC_ACQUIRE))
      break;
    const PrintIndex &entry = memory->index[number & (memory->indexSize - 1)];
    const uint64_t stamp = __atomic_load_n(&entry.stamp, __ATOMIC_ACQUIRE);
    if (stamp < number + 1)
      break; // a kernel is still writing it
    const uint64_t start = __atomic_load_n(&entry.start, __ATOMIC_RELAXED);
    if (stamp > number + 1 ||
        __atomic_load_n(&memory->bytes, __ATOMIC_RELAXED) - start > memory->dataBytes) {
      ++lost; // overwritten by later ones
      continue;
    }
    show(copyRecord(*memory, start));
  }
  if (lost)
    warnOnce("warning: kernels printed more than fits before a synchronisation: the oldest " +
             std::to_string(lost) + " outputs are lost; raise npuLimitPrintfFifoSize");
}

Status setPrintBytes(size_t bytes) {
  std::lock_guard<std::mutex> lock(printing().mutex);
  if (printsExist())
    return Status(npuErrorInvalidValue,
                  "npuLimitPrintfFifoSize must be set before the first launch that prints");
  if (bytes > uint64_t(1) << 32)
    return Status(npuErrorInvalidValue, "npuLimitPrintfFifoSize of more than 4 GiB");
  printing().limitBytes = bytes;
  return {};
}

} // namespace npu::core
