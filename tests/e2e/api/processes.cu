// Memory, events and pools of two processes: this program starts itself again. What one sends to
// the other goes through a socket; their work is ordered by events alone.
#include "expect.h"

#include <cuda.h>

#include <cstring>
#include <string>
#include <sys/socket.h>
#include <sys/wait.h>
#include <unistd.h>

constexpr int kFew = 100, kMany = 3 << 20;

__global__ void fill(int *values, int count, int what, long long nanoseconds) {
  for (long long waited = 0; waited < nanoseconds; waited += 1000000)
    __nanosleep(1000000);
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    values[i] = what + i;
}
__global__ void add(int *values, int count, int what) {
  for (int i = blockIdx.x * blockDim.x + threadIdx.x; i < count; i += gridDim.x * blockDim.x)
    values[i] += what;
}

// What the parent sends.
struct Offer {
  cudaIpcMemHandle_t few, many;
  cudaIpcMemHandle_t freed;
  cudaIpcEventHandle_t filled, added;
  cudaMemPoolPtrExportData ofPool;
};

int socketToOther;

template <class Value> void send(const Value &value) {
  EXPECT(write(socketToOther, &value, sizeof value) == ssize_t(sizeof value));
}
template <class Value> Value receive() {
  Value value{};
  EXPECT(recv(socketToOther, &value, sizeof value, MSG_WAITALL) == ssize_t(sizeof value));
  return value;
}

// One byte with a file descriptor.
struct FileMessage {
  char byte = 0, control[CMSG_SPACE(sizeof(int))] = {};
  iovec data{&byte, 1};
  msghdr header{};
  FileMessage() {
    header.msg_iov = &data;
    header.msg_iovlen = 1;
    header.msg_control = control;
    header.msg_controllen = sizeof control;
  }
};
void sendFile(int file) {
  FileMessage message;
  cmsghdr *part = CMSG_FIRSTHDR(&message.header);
  part->cmsg_level = SOL_SOCKET;
  part->cmsg_type = SCM_RIGHTS;
  part->cmsg_len = CMSG_LEN(sizeof(int));
  std::memcpy(CMSG_DATA(part), &file, sizeof file);
  EXPECT(sendmsg(socketToOther, &message.header, 0) == 1);
}
int receiveFile() {
  FileMessage message;
  EXPECT(recvmsg(socketToOther, &message.header, 0) == 1);
  int file = -1;
  std::memcpy(&file, CMSG_DATA(CMSG_FIRSTHDR(&message.header)), sizeof file);
  return file;
}

int child() {
  const Offer offer = receive<Offer>();
  int *few, *again, *many, *ofPool;
  cudaEvent_t filled, added;
  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  OK(cudaIpcOpenMemHandle((void **)&few, offer.few, cudaIpcMemLazyEnablePeerAccess));
  OK(cudaIpcOpenMemHandle((void **)&again, offer.few, cudaIpcMemLazyEnablePeerAccess));
  EXPECT(again == few);
  CUdeviceptr number = 0;
  CUipcMemHandle handle;
  std::memcpy(&handle, &offer.many, sizeof handle);
  EXPECT(cuIpcOpenMemHandle(&number, handle, CU_IPC_MEM_LAZY_ENABLE_PEER_ACCESS) == CUDA_SUCCESS);
  many = (int *)number;
  OK(cudaIpcOpenEventHandle(&filled, offer.filled));
  OK(cudaIpcOpenEventHandle(&added, offer.added));
  cudaPointerAttributes attributes;
  OK(cudaPointerGetAttributes(&attributes, few + 5));
  EXPECT(attributes.type == cudaMemoryTypeDevice);
  GIVES(cudaFree(few), cudaErrorInvalidValue);
  GIVES(cudaFreeAsync(few, stream), cudaErrorInvalidValue);

  // The parent's kernel is still at work.
  GIVES(cudaEventQuery(filled), cudaErrorNotReady);
  OK(cudaStreamWaitEvent(stream, filled, 0));
  add<<<1, 64, 0, stream>>>(few, kFew, 1000);
  add<<<8, 64, 0, stream>>>(many, kMany, 5);
  OK(cudaEventRecord(added, stream));
  send('r');

  const int otherFile = receiveFile(), file = receiveFile();
  cudaMemPool_t pool, other;
  OK(cudaMemPoolImportFromShareableHandle(&other, (void *)(intptr_t)otherFile,
                                          cudaMemHandleTypePosixFileDescriptor, 0));
  OK(cudaMemPoolImportFromShareableHandle(&pool, (void *)(intptr_t)file,
                                          cudaMemHandleTypePosixFileDescriptor, 0));
  GIVES(cudaMallocFromPoolAsync((void **)&again, 64, pool, stream), cudaErrorInvalidValue);
  cudaMemPoolPtrExportData data = offer.ofPool;
  GIVES(cudaMemPoolImportPointer((void **)&ofPool, other, &data), cudaErrorInvalidValue);
  OK(cudaMemPoolImportPointer((void **)&ofPool, pool, &data));
  add<<<1, 64, 0, stream>>>(ofPool, kFew, 7);
  OK(cudaFreeAsync(ofPool, stream));
  OK(cudaStreamSynchronize(stream));
  OK(cudaMemPoolDestroy(pool));

  OK(cudaIpcCloseMemHandle(few));
  add<<<1, 64>>>(few, kFew, 0); // opened twice, closed once
  OK(cudaIpcCloseMemHandle(few));
  GIVES(cudaIpcCloseMemHandle(few), cudaErrorInvalidValue);
  EXPECT(cuIpcCloseMemHandle(number) == CUDA_SUCCESS);
  OK(cudaEventDestroy(filled));

  // It has been freed, and another block is at its place, while this process still has it open.
  OK(cudaIpcOpenMemHandle((void **)&few, offer.freed, cudaIpcMemLazyEnablePeerAccess));
  send('o');
  const auto larger = receive<cudaIpcMemHandle_t>();
  OK(cudaIpcOpenMemHandle((void **)&many, larger, cudaIpcMemLazyEnablePeerAccess));
  add<<<1, 64>>>(many, 100 * kFew, 9);
  OK(cudaDeviceSynchronize());
  OK(cudaIpcCloseMemHandle(many));
  OK(cudaIpcCloseMemHandle(few));

  // What this process leaves behind when it ends, and nobody has asked for its status yet.
  int *own;
  cudaIpcMemHandle_t left;
  cudaEvent_t never;
  cudaIpcEventHandle_t neverHandle;
  OK(cudaEventCreateWithFlags(&never, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaIpcGetEventHandle(&neverHandle, never));
  OK(cudaMalloc(&own, 64));
  OK(cudaIpcGetMemHandle(&left, own));
  OK(cudaLaunchHostFunc(
      stream, [](void *) { pause(); }, nullptr));
  OK(cudaEventRecord(never, stream));
  send(left);
  send(neverHandle);
  receive<char>();
  const int result = finish();
  std::fflush(stdout);
  _exit(result); // does not wait for the stream
}

void compare(const int *device, int count, int first) {
  std::string text(count * sizeof(int), '\0');
  OK(cudaMemcpy(text.data(), device, text.size(), cudaMemcpyDeviceToHost));
  const int *values = (const int *)text.data();
  int wrong = 0;
  for (int i = 0; i < count; ++i)
    wrong += values[i] != first + i;
  EXPECT(wrong == 0);
}

void mistakes(int *device, const Offer &offer) {
  int onHost = 0, *managed, *opened;
  cudaIpcMemHandle_t handle;
  cudaIpcEventHandle_t eventHandle;
  cudaEvent_t event;
  GIVES(cudaIpcGetMemHandle(&handle, &onHost), cudaErrorInvalidValue);
  GIVES(cudaIpcGetMemHandle(nullptr, device), cudaErrorInvalidValue);
  OK(cudaMallocManaged(&managed, 64));
  GIVES(cudaIpcGetMemHandle(&handle, managed), cudaErrorInvalidValue);
  GIVES(cudaIpcOpenMemHandle((void **)&opened, offer.few, 1), cudaErrorDeviceUninitialized);
  GIVES(cudaIpcOpenMemHandle((void **)&opened, {}, 1), cudaErrorInvalidValue);
  GIVES(cudaIpcCloseMemHandle(device), cudaErrorInvalidValue);
  GIVES(cudaEventCreateWithFlags(&event, cudaEventInterprocess), cudaErrorInvalidValue);
  OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming));
  GIVES(cudaIpcGetEventHandle(&eventHandle, event), cudaErrorInvalidResourceHandle);
  GIVES(cudaIpcOpenEventHandle(&event, {}), cudaErrorInvalidValue);
}

// Recorded again on a stream that is ahead, while the first recording is waited for.
void again() {
  int *from, *to;
  cudaStream_t behind, ahead, waits;
  cudaEvent_t event;
  OK(cudaMalloc(&from, kFew * sizeof(int)));
  OK(cudaMalloc(&to, kFew * sizeof(int)));
  for (cudaStream_t *stream : {&behind, &ahead, &waits})
    OK(cudaStreamCreateWithFlags(stream, cudaStreamNonBlocking));
  OK(cudaEventCreateWithFlags(&event, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaLaunchHostFunc(
      behind, [](void *) { usleep(500000); }, nullptr));
  fill<<<1, 64, 0, behind>>>(from, kFew, 1, 0);
  OK(cudaEventRecord(event, behind));
  OK(cudaStreamWaitEvent(waits, event, 0));
  OK(cudaEventRecord(event, ahead));
  OK(cudaMemcpyAsync(to, from, kFew * sizeof(int), cudaMemcpyDeviceToDevice, waits));
  OK(cudaStreamSynchronize(waits));
  compare(to, kFew, 1);
  for (int i = 0; i < 3000; ++i) // more than are remembered at a time
    OK(cudaEventRecord(event, i % 2 ? ahead : behind));
  OK(cudaEventSynchronize(event));
  OK(cudaEventDestroy(event));
  for (cudaStream_t stream : {behind, ahead, waits})
    OK(cudaStreamDestroy(stream));
  OK(cudaFree(from));
  OK(cudaFree(to));
}

int parent() {
  again();
  int *few, *neighbour, *many, *ofPool, *freed, *larger;
  OK(cudaMalloc(&few, kFew * sizeof(int)));
  OK(cudaMalloc(&neighbour, kFew * sizeof(int)));
  OK(cudaMalloc(&many, kMany * sizeof(int)));
  fill<<<1, 64>>>(neighbour, kFew, 33, 0);

  cudaMemPool_t pool, other;
  cudaMemPoolProps properties = {};
  properties.allocType = cudaMemAllocationTypePinned;
  properties.location.type = cudaMemLocationTypeDevice;
  properties.handleTypes = cudaMemHandleTypePosixFileDescriptor;
  OK(cudaMemPoolCreate(&pool, &properties));
  OK(cudaMemPoolCreate(&other, &properties));
  OK(cudaMallocFromPoolAsync((void **)&ofPool, kFew * sizeof(int), pool, 0));
  fill<<<1, 64>>>(ofPool, kFew, 70, 0);
  OK(cudaMalloc(&freed, kFew * sizeof(int))); // and nothing behind it

  Offer offer;
  cudaEvent_t filled, added;
  OK(cudaEventCreateWithFlags(&filled, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaEventCreateWithFlags(&added, cudaEventDisableTiming | cudaEventInterprocess));
  OK(cudaIpcGetMemHandle(&offer.few, few + 3)); // stands for the whole
  OK(cudaIpcGetMemHandle(&offer.many, many));
  OK(cudaIpcGetMemHandle(&offer.freed, freed));
  OK(cudaIpcGetEventHandle(&offer.filled, filled));
  OK(cudaIpcGetEventHandle(&offer.added, added));
  GIVES(cudaIpcGetMemHandle(&offer.few, ofPool), cudaErrorInvalidValue);
  OK(cudaMemPoolExportPointer(&offer.ofPool, ofPool));
  int file = -1, otherFile = -1;
  OK(cudaMemPoolExportToShareableHandle(&otherFile, other, cudaMemHandleTypePosixFileDescriptor,
                                        0));
  OK(cudaMemPoolExportToShareableHandle(&file, pool, cudaMemHandleTypePosixFileDescriptor, 0));
  mistakes(few, offer);
  OK(cudaEventQuery(filled)); // never recorded

  cudaStream_t stream;
  OK(cudaStreamCreate(&stream));
  fill<<<1, 64, 0, stream>>>(few, kFew, 1, 0);
  fill<<<8, 64, 0, stream>>>(many, kMany, 2, 1000000000);
  OK(cudaEventRecord(filled, stream));
  send(offer);
  EXPECT(receive<char>() == 'r');
  OK(cudaStreamWaitEvent(stream, added, 0));
  add<<<1, 64, 0, stream>>>(few, kFew, 10000);
  OK(cudaStreamSynchronize(stream));
  compare(few, kFew, 1 + 1000 + 10000);
  compare(many, kMany, 2 + 5);
  compare(neighbour, kFew, 33);
  OK(cudaEventSynchronize(added));

  sendFile(otherFile);
  sendFile(file);
  EXPECT(receive<char>() == 'o');
  OK(cudaFree(freed));
  OK(cudaMalloc(&larger, 100 * kFew * sizeof(int)));
  EXPECT(larger == freed);
  fill<<<1, 64>>>(larger, 100 * kFew, 50, 0);
  cudaIpcMemHandle_t ofLarger;
  OK(cudaIpcGetMemHandle(&ofLarger, larger));
  send(ofLarger);
  const auto left = receive<cudaIpcMemHandle_t>();
  const auto ofNever = receive<cudaIpcEventHandle_t>();
  compare(larger, 100 * kFew, 50 + 9);
  OK(cudaFree(larger));
  cudaEvent_t never;
  OK(cudaIpcOpenEventHandle(&never, ofNever));
  GIVES(cudaEventQuery(never), cudaErrorNotReady);
  compare(ofPool, kFew, 70 + 7);
  OK(cudaFreeAsync(ofPool, 0));
  send('e');
  GIVES(cudaEventSynchronize(never), cudaErrorUnknown);
  GIVES(cudaEventQuery(never), cudaErrorUnknown);
  int status = -1;
  wait(&status);
  EXPECT(WIFEXITED(status) && WEXITSTATUS(status) == 0);
  void *opened;
  GIVES(cudaIpcOpenMemHandle(&opened, left, cudaIpcMemLazyEnablePeerAccess),
        cudaErrorMapBufferObjectFailed);
  OK(cudaFree(few));
  OK(cudaFree(many));
  OK(cudaFree(neighbour));
  OK(cudaMalloc(&few, 64)); // shared pages are gone with their blocks
  fill<<<1, 16>>>(few, 16, 3, 0);
  compare(few, 16, 3);
  return finish();
}

int main(int count, char **arguments) {
  if (count > 1) {
    socketToOther = std::atoi(arguments[1]);
    return child();
  }
  int ends[2];
  if (socketpair(AF_UNIX, SOCK_STREAM, 0, ends) != 0)
    return 1;
  if (fork() == 0) {
    close(ends[0]);
    execl("/proc/self/exe", arguments[0], std::to_string(ends[1]).c_str(), nullptr);
    _exit(1);
  }
  close(ends[1]);
  socketToOther = ends[0];
  return parent();
}
