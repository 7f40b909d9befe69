#include "clique.h"

#include "arithmetic.h"
#include "src/log.h"
#include "src/stream.h"

#include <cstring>

namespace npu::collectives {

namespace {

using Calls = std::map<int, Call>;

char *at(void *address, size_t bytes) { return static_cast<char *>(address) + bytes; }
const char *at(const void *address, size_t bytes) {
  return static_cast<const char *>(address) + bytes;
}

void copy(void *to, const void *from, size_t bytes) {
  if (to != from)
    std::memmove(to, from, bytes);
}

void compute(const Calls &calls) {
  const Call &any = calls.begin()->second;
  const size_t bytes = any.count * bytesOf(any.type);
  std::vector<const void *> inputs;
  std::vector<void *> outputs;
  for (const auto &[rank, call] : calls) {
    inputs.push_back(call.send);
    outputs.push_back(call.receive);
  }
  switch (any.kind) {
  case Kind::Reduce:
    return reduce(any.type, any.op, inputs, {outputs[any.root]}, any.count);
  case Kind::AllReduce:
    return reduce(any.type, any.op, inputs, outputs, any.count);
  case Kind::ReduceScatter:
    for (size_t rank = 0; rank < outputs.size(); ++rank) {
      std::vector<const void *> parts;
      for (const void *input : inputs)
        parts.push_back(at(input, rank * bytes));
      reduce(any.type, any.op, parts, {outputs[rank]}, any.count);
    }
    return;
  case Kind::Broadcast:
    for (void *output : outputs)
      copy(output, inputs[any.root], bytes);
    return;
  case Kind::AllGather:
    for (void *output : outputs)
      for (size_t rank = 0; rank < inputs.size(); ++rank)
        copy(at(output, rank * bytes), inputs[rank], bytes);
    return;
  case Kind::Transfer:
    return copy(calls.at(1).receive, calls.at(0).send, bytes);
  }
}

bool match(const Call &left, const Call &right) {
  return left.kind == right.kind && left.count == right.count && left.type == right.type &&
         left.op == right.op && left.root == right.root;
}

} // namespace

Clique::~Clique() {
  everyone.timeline->retire();
  for (auto &[ranks, channel] : pairs)
    channel.timeline->retire();
}

bool Clique::join(int rank, int device) {
  std::lock_guard<std::mutex> lock(mutex);
  for (const auto &[other, itsDevice] : devices)
    if (other == rank || itsDevice == device)
      return false;
  devices[rank] = device;
  return true;
}

void Clique::leave(int rank) {
  std::lock_guard<std::mutex> lock(mutex);
  gone.insert(rank);
  release(everyone);
  for (auto &[ranks, channel] : pairs)
    if (ranks.first == rank || ranks.second == rank)
      release(channel);
}

// What waits for a call that will not come would wait for ever.
void Clique::release(Channel &channel) {
  broken |= !channel.open.empty();
  for (; !channel.open.empty(); channel.open.pop_front(), ++channel.closed) {
    core::Timeline::Item nothing;
    nothing.command = HostCall{[] {}};
    if (core::prepareItem(nothing, nothing.command))
      channel.timeline->push(std::move(nothing), core::Timeline::Start::Now);
  }
}

npucclResult_t Clique::state() {
  std::lock_guard<std::mutex> lock(mutex);
  return broken ? npucclRemoteError : npucclSuccess;
}

npucclResult_t Clique::collect(int rank, const Call &call, const core::Point &entry,
                               core::Point &done) {
  std::lock_guard<std::mutex> lock(mutex);
  if (broken || !gone.empty())
    return npucclRemoteError;
  return meet(everyone, ranks, rank, call, entry, done);
}

npucclResult_t Clique::transfer(int from, int to, const Call &call, const core::Point &entry,
                                core::Point &done) {
  std::lock_guard<std::mutex> lock(mutex);
  if (broken || gone.count(from) || gone.count(to))
    return npucclRemoteError;
  return meet(pairs[{from, to}], 2, call.send ? 0 : 1, call, entry, done);
}

npucclResult_t Clique::meet(Channel &channel, int parties, int party, const Call &call,
                            const core::Point &entry, core::Point &done) {
  channel.called.resize(parties);
  const uint64_t number = channel.called[party]++; // of operations before this one
  const size_t index = number - channel.closed;
  if (index == channel.open.size())
    channel.open.emplace_back();
  Meeting &meeting = channel.open[index];
  if (!meeting.calls.empty() && !match(meeting.calls.begin()->second, call)) {
    release(channel);
    core::warnOnce(std::string("error: ") + call.function +
                   ": ranks call different operations, or with different counts, types, operators "
                   "or roots; all must make the same calls in the same order");
    return npucclInvalidUsage;
  }
  meeting.calls.emplace(party, call);
  meeting.entries.push_back(entry);
  done = {channel.timeline, number + 1};
  if (int(meeting.calls.size()) < parties)
    return npucclSuccess;
  // Each rank calls in order, so that the oldest is the first to be complete.
  core::Timeline::Item item;
  item.after = std::move(meeting.entries);
  item.command = HostCall{[calls = std::move(meeting.calls)] { compute(calls); }};
  channel.open.pop_front();
  ++channel.closed;
  if (!core::prepareItem(item, item.command))
    return npucclInternalError;
  channel.timeline->push(std::move(item), core::Timeline::Start::Now);
  return npucclSuccess;
}

} // namespace npu::collectives
