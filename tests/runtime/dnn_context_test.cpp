// Handles, descriptors, and what happens to wrong arguments.
#include "dnn_fixture.h"

#include <map>
#include <set>
#include <string>

using namespace npu;

namespace {

// The rows' parameters, in the neutral spelling.
#define NPU_T(name) npu##name
#define NPU_DNN_T(name) npudnn##name
// One function of a name that may be overloaded.
#define ROW(neutral, params) static_cast<npudnnStatus_t(*) params>(neutral)

class DnnContext : public DnnTest {};

// Every row called with zeros and null pointers only.
template <class... Parameters>
npudnnStatus_t callWithNothing(npudnnStatus_t (*function)(Parameters...)) {
  return function(Parameters{}...);
}
// The same with a live handle where the row starts with one.
template <class... Rest>
npudnnStatus_t callWithHandle(npudnnStatus_t (*function)(npudnnHandle_t, Rest...),
                              npudnnHandle_t handle) {
  return function(handle, Rest{}...);
}
template <class... Parameters>
npudnnStatus_t callWithHandle(npudnnStatus_t (*function)(Parameters...), npudnnHandle_t) {
  return callWithNothing(function);
}

TEST_F(DnnContext, EveryRowRefusesNullArguments) {
  const std::set<std::string> harmless = {
      "cudnnSetCallback",          "cudnnAdvInferVersionCheck", "cudnnAdvTrainVersionCheck",
      "cudnnCnnInferVersionCheck", "cudnnCnnTrainVersionCheck", "cudnnOpsInferVersionCheck",
      "cudnnOpsTrainVersionCheck", "cudnnGraphVersionCheck",    "cudnnOpsVersionCheck",
      "cudnnCnnVersionCheck",      "cudnnAdvVersionCheck"};
  std::map<std::string, npudnnStatus_t> found;
#define GROUP(name)
#define GAP(cuda, reason)
#define API_OF(type, cuda, neutral, params, status)
#define API(cuda, neutral, params, status) found[#cuda] = callWithNothing(ROW(neutral, params));
#include "npu/api/dnn.def"
#undef API
  EXPECT_GT(found.size(), 100u);
  for (const auto &[name, status] : found)
    if (harmless.count(name))
      EXPECT_EQ(status, NPUDNN_STATUS_SUCCESS) << name;
    else
      EXPECT_TRUE(status == NPUDNN_STATUS_BAD_PARAM || status == NPUDNN_STATUS_INVALID_VALUE)
          << name << ": " << npudnnGetErrorString(status);
  EXPECT_TRUE(fake_core::history().empty()) << "a refused call has put work on a stream";
}

TEST_F(DnnContext, EveryRowWithAHandleRefusesTheRest) {
  const std::set<std::string> harmless = {"cudnnDestroy", "cudnnSetStream"};
#define API(cuda, neutral, params, status)                                                         \
  if (!harmless.count(#cuda) && callWithNothing(ROW(neutral, params)) != NPUDNN_STATUS_SUCCESS) {  \
    EXPECT_NE(callWithHandle(ROW(neutral, params), handle), NPUDNN_STATUS_SUCCESS) << #cuda;       \
  }
#include "npu/api/dnn.def"
#undef API
  EXPECT_TRUE(fake_core::history().empty()) << "a refused call has put work on a stream";
}

TEST_F(DnnContext, ForeignAndDestroyedObjectsAreRecognised) {
  npudnnTensorDescriptor_t descriptor = tensor({1, 2, 3, 4});
  size_t bytes = 0;
  EXPECT_DNN(npudnnGetTensorSizeInBytes(descriptor, &bytes));
  EXPECT_EQ(bytes, 96u);
  EXPECT_EQ(npudnnDestroyFilterDescriptor(reinterpret_cast<npudnnFilterDescriptor_t>(descriptor)),
            NPUDNN_STATUS_BAD_PARAM);
  EXPECT_DNN(npudnnDestroyTensorDescriptor(descriptor));
  EXPECT_EQ(npudnnDestroyTensorDescriptor(descriptor), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnGetTensorSizeInBytes(descriptor, &bytes), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnSetStream(reinterpret_cast<npudnnHandle_t>(&bytes), nullptr),
            NPUDNN_STATUS_NOT_INITIALIZED);
}

TEST_F(DnnContext, VersionPropertiesAndNamesAgree) {
  int major = 0, minor = 0, patch = 0;
  EXPECT_DNN(npudnnGetProperty(MAJOR_VERSION, &major));
  EXPECT_DNN(npudnnGetProperty(MINOR_VERSION, &minor));
  EXPECT_DNN(npudnnGetProperty(PATCH_LEVEL, &patch));
  EXPECT_EQ(npudnnGetVersion(), size_t(major * 1000 + minor * 100 + patch));
  EXPECT_EQ(npudnnGetProperty(libraryPropertyType(7), &patch), NPUDNN_STATUS_INVALID_VALUE);
  EXPECT_STREQ(npudnnGetErrorString(NPUDNN_STATUS_BAD_PARAM), "CUDNN_STATUS_BAD_PARAM");
  EXPECT_STREQ(npudnnGetErrorString(npudnnStatus_t(99)), "CUDNN_UNKNOWN_STATUS");
}

TEST_F(DnnContext, WorkGoesToTheHandlesStream) {
  npuStream_t stream = reinterpret_cast<npuStream_t>(64), found = nullptr;
  EXPECT_DNN(npudnnSetStream(handle, stream));
  EXPECT_DNN(npudnnGetStream(handle, &found));
  EXPECT_EQ(found, stream);
  float *y = device(std::vector<float>(4));
  EXPECT_DNN(npudnnSetTensor(handle, tensor({1, 1, 2, 2}), y, &one));
  ASSERT_EQ(fake_core::history().size(), 1u);
  EXPECT_EQ(fake_core::history()[0].stream, stream);
  EXPECT_EQ(y[0], 0) << "the work ran before anyone waited";
}

TEST_F(DnnContext, DescriptorsGiveBackWhatWasSet) {
  npudnnTensorDescriptor_t descriptor = tensor({2, 3, 4, 5}, NPUDNN_TENSOR_NHWC);
  npudnnDataType_t type;
  int n, c, h, w, strideN, strideC, strideH, strideW;
  EXPECT_DNN(npudnnGetTensor4dDescriptor(descriptor, &type, &n, &c, &h, &w, &strideN, &strideC,
                                         &strideH, &strideW));
  EXPECT_EQ(type, NPUDNN_DATA_FLOAT);
  EXPECT_EQ((std::vector<int>{n, c, h, w}), (std::vector<int>{2, 3, 4, 5}));
  EXPECT_EQ((std::vector<int>{strideN, strideC, strideH, strideW}),
            (std::vector<int>{60, 1, 15, 3}));
  EXPECT_EQ(
      npudnnSetTensor4dDescriptor(descriptor, NPUDNN_TENSOR_NCHW, NPUDNN_DATA_FLOAT, 0, 1, 1, 1),
      NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(
      npudnnSetTensor4dDescriptor(descriptor, NPUDNN_TENSOR_NCHW, npudnnDataType_t(77), 1, 1, 1, 1),
      NPUDNN_STATUS_BAD_PARAM);
  EXPECT_EQ(npudnnSetTensor4dDescriptor(descriptor, NPUDNN_TENSOR_NCHW_VECT_C, NPUDNN_DATA_INT8x4,
                                        1, 6, 1, 1),
            NPUDNN_STATUS_BAD_PARAM)
      << "6 channels are no multiple of 4";
}

TEST_F(DnnContext, HostMemoryIsRefused) {
  float y[4];
  EXPECT_EQ(npudnnSetTensor(handle, tensor({1, 1, 2, 2}), y, &one), NPUDNN_STATUS_MAPPING_ERROR);
}

TEST_F(DnnContext, ErrorsReachTheCallback) {
  std::string text;
  EXPECT_DNN(npudnnSetCallback(
      NPUDNN_SEV_ERROR_EN, &text,
      [](npudnnSeverity_t severity, void *data, const npudnnDebug_t *debug, const char *message) {
        EXPECT_EQ(severity, NPUDNN_SEV_ERROR);
        EXPECT_EQ(debug->npudnnStatus, NPUDNN_STATUS_BAD_PARAM);
        *static_cast<std::string *>(data) = message;
      }));
  EXPECT_EQ(npudnnSetTensor(handle, nullptr, nullptr, nullptr), NPUDNN_STATUS_BAD_PARAM);
  EXPECT_DNN(npudnnSetCallback(0, nullptr, nullptr));
  EXPECT_NE(text.find("cudnnSetTensor"), std::string::npos) << text;
}

} // namespace
