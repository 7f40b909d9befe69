// Spatial transformers (Jaderberg et al., arXiv:1506.02025): a grid from affine matrices, and a
// bilinear sampler that reads zeros outside. Coordinates -1 and 1 are the centers of the outermost
// elements.
#include "descriptors.h"

#include <array>
#include <cmath>

namespace npu::dnn {
namespace {

double coordinate(int64_t index, int64_t size) {
  return size > 1 ? -1 + 2 * double(index) / double(size - 1) : 0;
}

struct Transformer {
  npudnnDataType_t type;
  int64_t images, channels, height, width;
  int64_t places() const { return height * width; }
  Layout theta() const { return packedLayout(type, {images, 2, 3}); }
  Layout grid() const { return packedLayout(type, {images, height, width, 2}); }
};

Transformer makeTransformer(npudnnSpatialTransformerDescriptor_t descriptor) {
  const auto object = getSet<SpatialTransformerDescriptor>(descriptor, "stDesc");
  return {object->type, object->dims[0], object->dims[1], object->dims[2], object->dims[3]};
}

// The four elements around a sampling point, their weights and the weights' slopes.
struct Corners {
  struct Corner {
    int64_t at; // in the plane; -1 outside
    double weight, slopeX, slopeY;
  };
  std::array<Corner, 4> corners;
  Corners(double gridX, double gridY, int64_t height, int64_t width) {
    const double x = (gridX + 1) / 2 * double(width - 1);
    const double y = (gridY + 1) / 2 * double(height - 1);
    const double left = std::floor(x), top = std::floor(y);
    for (size_t i = 0; i < 4; ++i) {
      const double cornerX = left + double(i % 2), cornerY = top + double(i / 2);
      const bool inside =
          cornerX >= 0 && cornerX < double(width) && cornerY >= 0 && cornerY < double(height);
      const double wx = i % 2 ? x - left : left + 1 - x, wy = i / 2 ? y - top : top + 1 - y;
      corners[i] = {inside ? int64_t(cornerY) * width + int64_t(cornerX) : -1, wx * wy,
                    (i % 2 ? wy : -wy) * double(width - 1) / 2,
                    (i / 2 ? wx : -wx) * double(height - 1) / 2};
    }
  }
};

template <class Real>
void sample(const Transformer &st, const Layout &xLayout, const void *xData, const void *gridData,
            const Layout &yLayout, void *yData, double alpha, double beta) {
  const Values<Real> x(xLayout, xData), grid(st.grid(), gridData);
  const int64_t height = xLayout.dims[2], width = xLayout.dims[3];
  std::vector<Real> y(size_t(yLayout.count()));
  for (int64_t n = 0; n < st.images; ++n)
    for (int64_t place = 0; place < st.places(); ++place) {
      const int64_t at = (n * st.places() + place) * 2;
      const Corners around(double(grid[at]), double(grid[at + 1]), height, width);
      for (int64_t c = 0; c < st.channels; ++c) {
        const Real *plane = x.data() + (n * st.channels + c) * height * width;
        double sum = 0;
        for (const auto &corner : around.corners)
          if (corner.at >= 0)
            sum += corner.weight * double(plane[corner.at]);
        y[size_t((n * st.channels + c) * st.places() + place)] = Real(sum);
      }
    }
  scatter(yLayout, yData, y.data(), alpha, beta);
}

struct SamplerGradient {
  Layout x, dx, dy;
  const void *xData, *dyData, *grid;
  void *dxData, *dGrid;
  double alpha, beta, alphaGrid, betaGrid;
};

template <class Real> void sampleBackward(const Transformer &st, const SamplerGradient &call) {
  const Values<Real> x(call.x, call.xData), grid(st.grid(), call.grid), dy(call.dy, call.dyData);
  const int64_t height = call.x.dims[2], width = call.x.dims[3];
  std::vector<double> sums(size_t(call.x.count()), 0.0);
  std::vector<Real> dGrid(size_t(st.grid().count()), Real(0));
  for (int64_t n = 0; n < st.images; ++n)
    for (int64_t place = 0; place < st.places(); ++place) {
      const int64_t at = (n * st.places() + place) * 2;
      const Corners around(double(grid[at]), double(grid[at + 1]), height, width);
      double slopeX = 0, slopeY = 0;
      for (int64_t c = 0; c < st.channels; ++c) {
        const int64_t plane = (n * st.channels + c) * height * width;
        const double gradient = double(dy[(n * st.channels + c) * st.places() + place]);
        for (const auto &corner : around.corners) {
          if (corner.at < 0)
            continue;
          sums[size_t(plane + corner.at)] += corner.weight * gradient;
          slopeX += gradient * double(x[plane + corner.at]) * corner.slopeX;
          slopeY += gradient * double(x[plane + corner.at]) * corner.slopeY;
        }
      }
      dGrid[size_t(at)] = Real(slopeX), dGrid[size_t(at + 1)] = Real(slopeY);
    }
  const std::vector<Real> dx(sums.begin(), sums.end());
  scatter(call.dx, call.dxData, dx.data(), call.alpha, call.beta);
  scatter(st.grid(), call.dGrid, dGrid.data(), call.alphaGrid, call.betaGrid);
}

void checkTensors(const Transformer &st, const Layout &x, const Layout &y) {
  require(x.dims.size() == 4 && y.dims.size() == 4, "the tensors have not 4 dimensions");
  require(y.dims == std::vector<int64_t>({st.images, st.channels, st.height, st.width}),
          "y has not the sizes of the descriptor");
  require(x.dims[0] == st.images && x.dims[1] == st.channels,
          "x has not the descriptor's images and channels");
  require(x.type == st.type && y.type == st.type, "a tensor has not the descriptor's data type");
}

} // namespace
} // namespace npu::dnn

using namespace npu::dnn;

NPU_DNN_LIFETIME(SpatialTransformerDescriptor, SpatialTransformerDescriptor)

npudnnStatus_t npudnnSetSpatialTransformerNdDescriptor(npudnnSpatialTransformerDescriptor_t stDesc,
                                                       npudnnSamplerType_t samplerType,
                                                       npudnnDataType_t dataType, const int nbDims,
                                                       const int dimA[]) {
  return dnnEntry("cudnnSetSpatialTransformerNdDescriptor", [&] {
    auto object = get<SpatialTransformerDescriptor>(stDesc, "the spatial transformer descriptor");
    require(samplerType == NPUDNN_SAMPLER_BILINEAR, "there is no such sampler");
    require(isDataType(dataType), "there is no such data type");
    require(nbDims >= 1, "nbDims is less than 1");
    if (nbDims != 4)
      unsupported("spatial transformers have 4 dimensions");
    object->dims = positive(dimA, nbDims, "dimA");
    object->type = dataType;
    object->set = true;
  });
}

npudnnStatus_t
npudnnSpatialTfGridGeneratorForward(npudnnHandle_t handle,
                                    const npudnnSpatialTransformerDescriptor_t stDesc,
                                    const void *theta, void *grid) {
  return dnnEntry("cudnnSpatialTfGridGeneratorForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Transformer st = makeTransformer(stDesc);
    requireMemory(st.theta(), theta, "theta");
    requireMemory(st.grid(), grid, "the grid");
    enqueueHost(stream, "cudnnSpatialTfGridGeneratorForward", [=] {
      withReal(st.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> matrices(st.theta(), theta);
        std::vector<Real> points(size_t(st.grid().count()));
        for (size_t i = 0; i < points.size(); ++i) {
          const int64_t place = int64_t(i / 2) % st.places();
          const int64_t row = int64_t(i / 2) / st.places() * 6 + int64_t(i % 2) * 3;
          points[i] = Real(double(matrices[row]) * coordinate(place % st.width, st.width) +
                           double(matrices[row + 1]) * coordinate(place / st.width, st.height) +
                           double(matrices[row + 2]));
        }
        scatter(st.grid(), grid, points.data(), 1, 0);
      });
    });
  });
}

npudnnStatus_t
npudnnSpatialTfGridGeneratorBackward(npudnnHandle_t handle,
                                     const npudnnSpatialTransformerDescriptor_t stDesc,
                                     const void *dgrid, void *dtheta) {
  return dnnEntry("cudnnSpatialTfGridGeneratorBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Transformer st = makeTransformer(stDesc);
    requireMemory(st.grid(), dgrid, "the grid's gradient");
    requireMemory(st.theta(), dtheta, "theta's gradient");
    enqueueHost(stream, "cudnnSpatialTfGridGeneratorBackward", [=] {
      withReal(st.type, [&](auto real) {
        using Real = decltype(real);
        const Values<Real> gradients(st.grid(), dgrid);
        std::vector<double> sums(size_t(st.theta().count()), 0.0);
        for (int64_t i = 0; i < st.grid().count(); ++i) {
          const int64_t place = i / 2 % st.places();
          double *row = sums.data() + i / 2 / st.places() * 6 + i % 2 * 3;
          row[0] += double(gradients[i]) * coordinate(place % st.width, st.width);
          row[1] += double(gradients[i]) * coordinate(place / st.width, st.height);
          row[2] += double(gradients[i]);
        }
        const std::vector<Real> result(sums.begin(), sums.end());
        scatter(st.theta(), dtheta, result.data(), 1, 0);
      });
    });
  });
}

npudnnStatus_t npudnnSpatialTfSamplerForward(npudnnHandle_t handle,
                                             npudnnSpatialTransformerDescriptor_t stDesc,
                                             const void *alpha,
                                             const npudnnTensorDescriptor_t xDesc, const void *x,
                                             const void *grid, const void *beta,
                                             npudnnTensorDescriptor_t yDesc, void *y) {
  return dnnEntry("cudnnSpatialTfSamplerForward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Transformer st = makeTransformer(stDesc);
    const Layout from = layoutOf(xDesc, "xDesc"), to = layoutOf(yDesc, "yDesc");
    checkTensors(st, from, to);
    const double a = scalarOf(to.type, alpha, "alpha"), b = scalarOf(to.type, beta, "beta");
    requireMemory(from, x, "x");
    requireMemory(to, y, "y");
    requireMemory(st.grid(), grid, "the grid");
    enqueueHost(stream, "cudnnSpatialTfSamplerForward", [=] {
      withReal(st.type, [&](auto real) { sample<decltype(real)>(st, from, x, grid, to, y, a, b); });
    });
  });
}

npudnnStatus_t npudnnSpatialTfSamplerBackward(
    npudnnHandle_t handle, npudnnSpatialTransformerDescriptor_t stDesc, const void *alpha,
    const npudnnTensorDescriptor_t xDesc, const void *x, const void *beta,
    const npudnnTensorDescriptor_t dxDesc, void *dx, const void *alphaDgrid,
    const npudnnTensorDescriptor_t dyDesc, const void *dy, const void *grid, const void *betaDgrid,
    void *dgrid) {
  return dnnEntry("cudnnSpatialTfSamplerBackward", [&] {
    const npuStream_t stream = streamOf(handle);
    const Transformer st = makeTransformer(stDesc);
    SamplerGradient call;
    call.x = layoutOf(xDesc, "xDesc"), call.dx = layoutOf(dxDesc, "dxDesc");
    call.dy = layoutOf(dyDesc, "dyDesc");
    checkTensors(st, call.x, call.dy);
    require(call.dx.dims == call.x.dims && call.dx.type == call.x.type,
            "dx has not the sizes and the data type of x");
    call.xData = x, call.dyData = dy, call.grid = grid, call.dxData = dx, call.dGrid = dgrid;
    call.alpha = scalarOf(st.type, alpha, "alpha"), call.beta = scalarOf(st.type, beta, "beta");
    call.alphaGrid = scalarOf(st.type, alphaDgrid, "alphaDgrid");
    call.betaGrid = scalarOf(st.type, betaDgrid, "betaDgrid");
    requireMemory(call.x, x, "x");
    requireMemory(call.dx, dx, "dx");
    requireMemory(call.dy, dy, "dy");
    requireMemory(st.grid(), grid, "the grid");
    requireMemory(st.grid(), dgrid, "the grid's gradient");
    enqueueHost(stream, "cudnnSpatialTfSamplerBackward", [=] {
      withReal(st.type, [&](auto real) { sampleBackward<decltype(real)>(st, call); });
    });
  });
}
