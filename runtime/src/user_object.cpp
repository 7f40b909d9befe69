// User objects: resources of the program that graphs keep alive. The destructor runs in the call
// that gives up the last reference, or where the last executable graph ends.
#include "graph.h"

#include <unordered_set>

namespace npu::core {

// Under the table's mutex.
struct UserObject {
  void *pointer = nullptr;
  npuHostFn_t destroy = nullptr;
  uint64_t references = 0;
};

namespace {

struct Table {
  std::mutex mutex;
  std::unordered_set<const void *> live; // under mutex
};
Table &table() {
  static Table &instance = *new Table;
  return instance;
}

// Under the mutex.
Status find(npuUserObject_t handle, unsigned count, UserObject *&object) {
  if (!table().live.count(handle))
    return Status(npuErrorInvalidValue, "this is not a user object, or it is destroyed");
  object = reinterpret_cast<UserObject *>(handle);
  return count ? Status() : Status(npuErrorInvalidValue, "0 references");
}

void retain(UserObject &object, unsigned count) {
  std::lock_guard<std::mutex> lock(table().mutex);
  object.references += count;
}

// Calls the destructor without any lock when the last reference goes.
void release(UserObject *object, unsigned count) {
  {
    std::lock_guard<std::mutex> lock(table().mutex);
    object->references -= count;
    if (object->references)
      return;
    table().live.erase(object);
  }
  object->destroy(object->pointer);
  delete object;
}

} // namespace

Graph::~Graph() {
  for (const auto &[object, count] : objects)
    release(object, count);
}

void shareObjects(const Graph &from, Graph &to) {
  for (const auto &[object, count] : from.objects) {
    retain(*object, 1);
    to.objects[object] = 1;
  }
}

Status createUserObject(npuUserObject_t *handle, void *pointer, npuHostFn_t destroy,
                        unsigned references, unsigned flags) {
  if (!handle || !destroy || !references || flags != npuUserObjectNoDestructorSync)
    return Status(
        npuErrorInvalidValue,
        "a result, a destructor, references and npuUserObjectNoDestructorSync are needed");
  auto *object = new UserObject{pointer, destroy, references};
  std::lock_guard<std::mutex> lock(table().mutex);
  table().live.insert(object);
  *handle = reinterpret_cast<npuUserObject_t>(object);
  return {};
}

Status retainUserObject(npuUserObject_t handle, unsigned count) {
  std::lock_guard<std::mutex> lock(table().mutex);
  UserObject *object = nullptr;
  if (Status status = find(handle, count, object); !status)
    return status;
  object->references += count;
  return {};
}

Status releaseUserObject(npuUserObject_t handle, unsigned count) {
  UserObject *object = nullptr;
  {
    std::lock_guard<std::mutex> lock(table().mutex);
    if (Status status = find(handle, count, object); !status)
      return status;
    if (count > object->references)
      return Status(npuErrorInvalidValue, "more references than there are");
  }
  release(object, count);
  return {};
}

Status graphRetains(npuGraph_t handle, npuUserObject_t objectHandle, unsigned count,
                    unsigned flags) {
  if (flags & ~unsigned(npuGraphUserObjectMove))
    return Status(npuErrorInvalidValue, "unknown flags");
  std::lock_guard<std::mutex> graphs(graphMutex());
  Graph *graph = nullptr;
  if (Status status = findGraph(handle, graph); !status)
    return status;
  std::lock_guard<std::mutex> lock(table().mutex);
  UserObject *object = nullptr;
  if (Status status = find(objectHandle, count, object); !status)
    return status;
  if (!(flags & npuGraphUserObjectMove))
    object->references += count;
  graph->objects[object] += count;
  return {};
}

Status graphReleases(npuGraph_t handle, npuUserObject_t objectHandle, unsigned count) {
  UserObject *object = reinterpret_cast<UserObject *>(objectHandle);
  {
    std::lock_guard<std::mutex> graphs(graphMutex());
    Graph *graph = nullptr;
    if (Status status = findGraph(handle, graph); !status)
      return status;
    const auto found = graph->objects.find(object);
    if (found == graph->objects.end() || !count || count > found->second)
      return Status(npuErrorInvalidValue, "the graph does not hold so many references");
    if ((found->second -= count) == 0)
      graph->objects.erase(found);
  }
  release(object, count);
  return {};
}

} // namespace npu::core
