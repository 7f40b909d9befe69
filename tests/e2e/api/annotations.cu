// NVTX without a tool that listens: every call answers as NVTX's do then.
#include "expect.h"

#include <cuda_profiler_api.h>
#include <nvToolsExt.h>
#include <nvtx3/nvToolsExt.h>

int main() {
  nvtxEventAttributes_t attributes = {};
  attributes.version = NVTX_VERSION;
  attributes.size = NVTX_EVENT_ATTRIB_STRUCT_SIZE;
  attributes.colorType = NVTX_COLOR_ARGB;
  attributes.color = 0xff00ff00;
  attributes.messageType = NVTX_MESSAGE_TYPE_ASCII;
  attributes.message.ascii = "step";
  EXPECT(nvtxRangePushEx(&attributes) == NVTX_NO_PUSH_POP_TRACKING);
  EXPECT(nvtxRangePush("inner") == NVTX_NO_PUSH_POP_TRACKING);
  EXPECT(nvtxRangePop() == NVTX_NO_PUSH_POP_TRACKING);
  nvtxMark("here");
  nvtxRangeEnd(nvtxRangeStartA("work"));
  nvtxDomainHandle_t domain = nvtxDomainCreateA("domain");
  EXPECT(domain == nullptr);
  nvtxDomainMarkEx(domain, &attributes);
  nvtxDomainDestroy(domain);
  OK(cudaProfilerStart());
  OK(cudaProfilerStop());
  return finish();
}
