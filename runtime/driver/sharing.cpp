// Memory and events of several processes: the runtime's handles.
#include "driver_call.h"

using namespace npu;
using namespace npu::driver_api;

extern "C" {

npudrv_result npudrvIpcGetMemHandle(npudrv_ipcMemHandle *handle, npudrv_deviceptr pointer) {
  return call("cuIpcGetMemHandle",
              [&] { return done(npuIpcGetMemHandle(handle, address(pointer))); });
}

npudrv_result npudrvIpcOpenMemHandle(npudrv_deviceptr *pointer, npudrv_ipcMemHandle handle,
                                     unsigned int flags) {
  return call("cuIpcOpenMemHandle", [&] {
    void *start = nullptr;
    Status status = done(npuIpcOpenMemHandle(pointer ? &start : nullptr, handle, flags));
    if (status)
      *pointer = number(start);
    return status;
  });
}

npudrv_result npudrvIpcCloseMemHandle(npudrv_deviceptr pointer) {
  return call("cuIpcCloseMemHandle", [&] { return done(npuIpcCloseMemHandle(address(pointer))); });
}

npudrv_result npudrvIpcGetEventHandle(npudrv_ipcEventHandle *handle, npudrv_event event) {
  return call("cuIpcGetEventHandle", [&] { return done(npuIpcGetEventHandle(handle, event)); });
}

npudrv_result npudrvIpcOpenEventHandle(npudrv_event *event, npudrv_ipcEventHandle handle) {
  return call("cuIpcOpenEventHandle", [&] { return done(npuIpcOpenEventHandle(event, handle)); });
}

} // extern "C"
