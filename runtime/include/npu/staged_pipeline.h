// libcu++'s pipelines, in namespace npu::concurrency. Copies are done when they are asked for: a
// pipeline of one thread has nothing to wait for. Where all threads of a block produce and consume,
// waiting is a barrier of the block; other groups, and producers and consumers apart, have two
// barriers for each stage. Part of npu/concurrency.h.
#ifndef NPU_STAGED_PIPELINE_H
#define NPU_STAGED_PIPELINE_H

namespace npu {

namespace cooperative_groups {
class thread_block;
}

namespace concurrency {

#define NPU_MEMBER NPU_DEVICE NPU_FORCEINLINE
#define NPU_FREE static NPU_DEVICE NPU_FORCEINLINE

enum class pipeline_role { producer, consumer };

namespace detail {
struct PipelineStage {
  PhaseWord::Token produced, consumed;
};
} // namespace detail

template <thread_scope Scope, ::std::size_t Stages> class pipeline_shared_state {
public:
  pipeline_shared_state() = default;
  pipeline_shared_state(const pipeline_shared_state &) = delete;

  // By all threads of the group, which go on when all is ready.
  template <class Group>
  NPU_MEMBER void start(const Group &group, unsigned int producing, unsigned int consuming) {
    if (group.thread_rank() == 0) {
      members = group.size();
      for (detail::PipelineStage &stage : stages) {
        PhaseWord::start(&stage.produced, producing);
        PhaseWord::start(&stage.consumed, consuming);
      }
    }
    group.sync();
  }
  template <class Group>
  NPU_MEMBER unsigned int countProducers(const Group &group, pipeline_role role) {
    if (group.thread_rank() == 0)
      producers = 0;
    group.sync();
    if (role == pipeline_role::producer)
      atomicAdd(&producers, 1u);
    group.sync();
    return producers;
  }
  detail::PipelineStage stages[Stages];
  unsigned int members; // that have not quit

private:
  unsigned int producers;
};

template <thread_scope Scope> class pipeline {
public:
  // Where all threads do the same, barriers of the block do.
  NPU_MEMBER pipeline() : pipeline(nullptr) {}
  NPU_MEMBER explicit pipeline(unsigned int *members)
      : stages(nullptr), count(0), members(members) {}
  NPU_MEMBER pipeline(detail::PipelineStage *stages, unsigned int count, unsigned int *members)
      : stages(stages), count(count), members(members) {}
  pipeline(pipeline &&) = default;
  pipeline(const pipeline &) = delete;
  pipeline &operator=(const pipeline &) = delete;

  NPU_MEMBER void producer_acquire() {
    if (!stages)
      return syncAll();
    // Nobody has to consume before the first round.
    while (!PhaseWord::hasPassedParity(&stages[head].consumed, !headParity)) {
    }
  }
  NPU_MEMBER void producer_commit() {
    if (!stages)
      return;
    NoCompletion nothing;
    PhaseWord::arrive(&stages[head].produced, 1, 0, nothing);
    next(head, headParity);
  }
  NPU_MEMBER void consumer_wait() {
    if (!stages)
      return syncAll();
    while (!PhaseWord::hasPassedParity(&stages[tail].produced, tailParity)) {
    }
  }
  // The time is a hint that is not taken.
  template <class Duration> NPU_MEMBER bool consumer_wait_for(const Duration &) {
    consumer_wait();
    return true;
  }
  template <class Time> NPU_MEMBER bool consumer_wait_until(const Time &) {
    consumer_wait();
    return true;
  }
  NPU_MEMBER void consumer_release() {
    if (!stages)
      return;
    NoCompletion nothing;
    PhaseWord::arrive(&stages[tail].consumed, 1, 0, nothing);
    next(tail, tailParity);
  }
  // True for the last: the shared state is nobody's any more. The others wait for this thread as
  // before, where they need what it has not done.
  NPU_MEMBER bool quit() { return !members || atomicSubtract(members, 1u) == 1; }

private:
  NPU_MEMBER static void syncAll() {
    if (Scope != thread_scope_thread)
      syncThreads();
  }
  NPU_MEMBER void next(unsigned int &stage, bool &parity) {
    if (++stage == count) {
      stage = 0;
      parity = !parity;
    }
  }

  detail::PipelineStage *stages; // null: one thread's, or the whole block's
  unsigned int count;
  unsigned int *members; // null: one thread's
  unsigned int head = 0, tail = 0;
  bool headParity = false, tailParity = false;
};

NPU_FREE pipeline<thread_scope_thread> make_pipeline() { return {}; }
template <class Group, thread_scope Scope, ::std::size_t Stages>
NPU_FREE pipeline<Scope> make_pipeline(const Group &group,
                                       pipeline_shared_state<Scope, Stages> *state) {
  state->start(group, group.size(), group.size());
  if (::std::is_same<Group, cooperative_groups::thread_block>::value)
    return pipeline<Scope>(&state->members);
  return {state->stages, Stages, &state->members};
}
template <class Group, thread_scope Scope, ::std::size_t Stages>
NPU_FREE pipeline<Scope>
make_pipeline(const Group &group, pipeline_shared_state<Scope, Stages> *state, pipeline_role role) {
  const unsigned int producers = state->countProducers(group, role);
  state->start(group, producers, group.size() - producers);
  return {state->stages, Stages, &state->members};
}
// The group's first threads produce.
template <class Group, thread_scope Scope, ::std::size_t Stages>
NPU_FREE pipeline<Scope> make_pipeline(const Group &group,
                                       pipeline_shared_state<Scope, Stages> *state,
                                       ::std::size_t producers) {
  state->start(group, producers, group.size() - producers);
  return {state->stages, Stages, &state->members};
}

template <::std::size_t Prior, thread_scope Scope>
NPU_FREE void pipeline_consumer_wait_prior(pipeline<Scope> &pipe) {
  pipe.consumer_wait();
}
template <thread_scope Scope>
NPU_FREE void pipeline_producer_commit(pipeline<thread_scope_thread> &, barrier<Scope> &) {}

#undef NPU_MEMBER
#undef NPU_FREE

} // namespace concurrency
} // namespace npu

#endif
