// What an event is to several processes: how often it has been recorded, and which of the
// recordings have been reached. Any thread of any of them.
#pragma once

#include "npu/status.h"
#include "shared_file.h"

#include <cstdint>
#include <memory>

namespace npu::core {

class SharedEvent {
public:
  static Status create(std::shared_ptr<SharedEvent> &event);
  static Status open(const SharedHandle &handle, std::shared_ptr<SharedEvent> &event);
  ~SharedEvent();
  SharedHandle handle() const;

  // A recording is about to be submitted; its number, from 1. Each is reached for itself: a later
  // one on a stream that is ahead says nothing about those before. Waits when very many are
  // pending.
  uint32_t record();
  void reach(uint32_t recording);
  // The latest recording of any process, 0 when there is none.
  uint32_t latest() const;
  bool isReached(uint32_t recording) const;
  // The process that made the recording has ended without reaching it.
  bool isLost(uint32_t recording) const;
  // False: it is lost.
  bool wait(uint32_t recording) const;

private:
  struct Slot;
  struct State; // in shared memory
  SharedEvent(int file, State *state) : file(file), state(state) {}
  static Status map(int file, std::shared_ptr<SharedEvent> &event);
  Slot &slotOf(uint32_t recording) const;

  int file;
  State *state;
};

} // namespace npu::core
