// Random programs of streams and events against CUDA's rules of order. Each command draws a number
// when it begins and when it ends; the model below says which commands must have ended before which
// begin, or before the host goes on. Arguments: first seed, number of seeds.
#include "expect.h"

#include <bitset>
#include <cstring>
#include <map>
#include <random>
#include <string>
#include <unistd.h>
#include <vector>

constexpr int kMost = 512; // commands of a program
using Commands = std::bitset<kMost>;

struct Log {
  unsigned next;
  unsigned began[kMost], ended[kMost]; // 0: not yet
};
Log *shared; // managed: the host's functions draw too

__global__ void command(Log *log, int number, int turns, unsigned *scratch) {
  log->began[number] = atomicAdd(&log->next, 1u) + 1;
  __threadfence_system();
  for (int i = 0; i < turns; ++i)
    atomicAdd(scratch, 1u);
  __threadfence_system();
  log->ended[number] = atomicAdd(&log->next, 1u) + 1;
}

struct HostCommand {
  int number, microseconds;
};
void runOnHost(void *data) {
  const HostCommand &c = *static_cast<HostCommand *>(data);
  shared->began[c.number] = __atomic_add_fetch(&shared->next, 1u, __ATOMIC_SEQ_CST);
  usleep(unsigned(c.microseconds));
  shared->ended[c.number] = __atomic_add_fetch(&shared->next, 1u, __ATOMIC_SEQ_CST);
}

class Program {
public:
  explicit Program(unsigned seed) : seed(seed), random(seed) {
    std::memset(shared, 0, sizeof *shared);
    OK(cudaMalloc(&scratch, sizeof *scratch));
    streams.push_back({0, false, true});                   // legacy
    streams.push_back({cudaStreamPerThread, true, false}); // blocking, as CUDA's
    for (int i = 0; i < 5; ++i)
      addStream();
    for (int i = 0; i < 4; ++i) {
      events.push_back({});
      OK(cudaEventCreateWithFlags(&events.back().handle, cudaEventDisableTiming));
    }
  }
  ~Program() {
    OK(cudaDeviceSynchronize());
    for (const Stream &stream : streams)
      if (stream.handle && stream.handle != cudaStreamPerThread)
        OK(cudaStreamDestroy(stream.handle));
    for (const Event &event : events)
      OK(cudaEventDestroy(event.handle));
    OK(cudaFree(scratch));
  }

  void run(int steps) {
    hostCommands.reserve(size_t(steps));
    for (int i = 0; i < steps && count < kMost; ++i)
      step();
    OK(cudaDeviceSynchronize());
    hostKnows(Commands().set() & all(), "the last wait");
    for (int number = 0; number < count; ++number)
      for (int before = 0; before < count; ++before)
        if (mustFollow[number][before])
          expect(shared->ended[before] < shared->began[number],
                 "command " + std::to_string(number) + " after command " + std::to_string(before));
  }

private:
  struct Stream {
    cudaStream_t handle;
    bool blocking, legacy;
    Commands done{}; // what comes before the stream's next command
  };
  struct Event {
    cudaEvent_t handle;
    Commands before{};
  };

  int draw(int below) { return int(random() % unsigned(below)); }
  Commands all() const {
    Commands result;
    for (int i = 0; i < count; ++i)
      result.set(size_t(i));
    return result;
  }
  void expect(bool holds, const std::string &what) {
    ++checks;
    if (holds)
      return;
    if (++failures < 10)
      std::printf("seed %u: not so: %s\n", seed, what.c_str());
  }
  void hostKnows(const Commands &commands, const char *after) {
    for (int i = 0; i < count; ++i)
      if (commands[size_t(i)])
        expect(__atomic_load_n(&shared->ended[i], __ATOMIC_ACQUIRE) != 0,
               "command " + std::to_string(i) + " has ended after " + after);
  }

  void addStream() {
    const bool blocking = draw(2);
    cudaStream_t handle;
    OK(cudaStreamCreateWithFlags(&handle, blocking ? cudaStreamDefault : cudaStreamNonBlocking));
    streams.push_back({handle, blocking, false});
  }

  // What must be before a command that is given to `stream` now.
  Commands before(const Stream &stream) const {
    Commands result = stream.done;
    if (stream.legacy) {
      result |= gone;
      for (const Stream &other : streams)
        if (other.blocking)
          result |= other.done;
    } else if (stream.blocking) {
      result |= streams[0].done;
    }
    return result;
  }

  // What who waits for `stream` waits for: without a command in it, not for the legacy stream's.
  Commands pending(const Stream &stream) const {
    return stream.legacy ? before(stream) : stream.done;
  }

  void step() {
    Stream &stream = streams[size_t(draw(int(streams.size())))];
    Event &event = events[size_t(draw(int(events.size())))];
    switch (draw(16)) {
    case 0: // record
      event.before = before(stream);
      OK(cudaEventRecord(event.handle, stream.handle));
      break;
    case 1:
    case 2: // wait in a stream
      OK(cudaStreamWaitEvent(stream.handle, event.handle));
      stream.done |= event.before;
      break;
    case 3:
      if (draw(4) == 0) {
        OK(cudaStreamSynchronize(stream.handle));
        hostKnows(pending(stream), "cudaStreamSynchronize");
      }
      break;
    case 4:
      if (draw(4) == 0) {
        OK(cudaEventSynchronize(event.handle));
        hostKnows(event.before, "cudaEventSynchronize");
      }
      break;
    case 5:
      if (cudaStreamQuery(stream.handle) == cudaSuccess)
        hostKnows(pending(stream), "cudaStreamQuery");
      break;
    case 6:
      if (cudaEventQuery(event.handle) == cudaSuccess)
        hostKnows(event.before, "cudaEventQuery");
      break;
    case 7: // another stream in its place; its work goes on
      if (stream.handle && stream.handle != cudaStreamPerThread && draw(3) == 0) {
        if (stream.blocking)
          gone |= stream.done;
        OK(cudaStreamDestroy(stream.handle));
        std::swap(stream, streams.back());
        streams.pop_back();
        addStream();
      }
      break;
    case 8:
      if (draw(8) == 0) {
        OK(cudaDeviceSynchronize());
        hostKnows(all(), "cudaDeviceSynchronize");
      }
      break;
    case 9: {
      void *memory;
      OK(cudaMalloc(&memory, 256));
      OK(cudaFree(memory)); // waits for everything
      hostKnows(all(), "cudaFree");
      break;
    }
    case 10:
    case 11: { // host function
      const int number = begin(stream);
      hostCommands.push_back({number, draw(300)});
      OK(cudaLaunchHostFunc(stream.handle, runOnHost, &hostCommands.back()));
      break;
    }
    default: {
      const int number = begin(stream);
      command<<<1, 1, 0, stream.handle>>>(shared, number, draw(2000), scratch);
      OK(cudaGetLastError());
    }
    }
  }

  int begin(Stream &stream) {
    const Commands earlier = before(stream);
    mustFollow.push_back(earlier);
    stream.done = earlier;
    stream.done.set(size_t(count));
    return count++;
  }

  const unsigned seed;
  std::mt19937 random;
  std::vector<Stream> streams;
  std::vector<Event> events;
  std::vector<Commands> mustFollow; // by command
  std::vector<HostCommand> hostCommands;
  Commands gone; // of destroyed blocking streams
  unsigned *scratch = nullptr;
  int count = 0;
};

int main(int argumentCount, char **arguments) {
  const int first = argumentCount > 1 ? std::atoi(arguments[1]) : 1;
  const int number = argumentCount > 2 ? std::atoi(arguments[2]) : 12;
  OK(cudaMallocManaged(&shared, sizeof *shared));
  for (int seed = first; seed < first + number; ++seed)
    Program(unsigned(seed)).run(250);
  OK(cudaFree(shared));
  return finish();
}
