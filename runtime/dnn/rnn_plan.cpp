// Plans of persistent networks: on a GPU, code made for one network and batch. Here every algorithm
// is the same computation, so a plan holds what it was made for and nothing else.
#include "rnn.h"

namespace npu::dnn {
namespace {

struct PersistentPlan : Object {
  int64_t batch = 0;
  npudnnDataType_t type = NPUDNN_DATA_FLOAT;
};

void requirePersistent(const RnnDescriptor &rnn) {
  require(rnn.algorithm == NPUDNN_RNN_ALGO_PERSIST_DYNAMIC,
          "the network's algorithm is not CUDNN_RNN_ALGO_PERSIST_DYNAMIC");
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

npudnnStatus_t npudnnCreatePersistentRNNPlan(npudnnRNNDescriptor_t rnnDesc, const int minibatch,
                                             const npudnnDataType_t dataType,
                                             npudnnPersistentRNNPlan_t *plan) {
  return dnnEntry("cudnnCreatePersistentRNNPlan", [&] {
    requirePointer(plan, "the result");
    requirePersistent(*getSet<RnnDescriptor>(rnnDesc, "rnnDesc"));
    require(minibatch > 0, "minibatch is not positive");
    require(isDataType(dataType), "there is no such data type");
    auto object = std::make_shared<PersistentPlan>();
    object->batch = minibatch, object->type = dataType;
    *plan = reinterpret_cast<npudnnPersistentRNNPlan_t>(object.get());
    keep(*plan, std::move(object));
  });
}

npudnnStatus_t npudnnDestroyPersistentRNNPlan(npudnnPersistentRNNPlan_t plan) {
  return dnnEntry("cudnnDestroyPersistentRNNPlan",
                  [&] { destroyObject<PersistentPlan>(plan, "the plan"); });
}

npudnnStatus_t npudnnSetPersistentRNNPlan(npudnnRNNDescriptor_t rnnDesc,
                                          npudnnPersistentRNNPlan_t plan) {
  return dnnEntry("cudnnSetPersistentRNNPlan", [&] {
    requirePersistent(*getSet<RnnDescriptor>(rnnDesc, "rnnDesc"));
    get<PersistentPlan>(plan, "the plan");
  });
}

npudnnStatus_t npudnnBuildRNNDynamic(npudnnHandle_t handle, npudnnRNNDescriptor_t rnnDesc,
                                     int miniBatch) {
  return dnnEntry("cudnnBuildRNNDynamic", [&] {
    streamOf(handle);
    requirePersistent(*getSet<RnnDescriptor>(rnnDesc, "rnnDesc"));
    require(miniBatch > 0, "miniBatch is not positive");
  });
}
