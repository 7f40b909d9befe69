// Texture objects against a plain model: every format, address mode, filter and kind of texture.
// Coordinates are multiples of 1/64 of a texel, so that the model and the device agree on which
// texels are meant; sums of weighted texels may differ by float's rounding.
#include "check.h"
#include "texture_model.h"

#include <functional>

namespace {

constexpr int kPoints = 1000;
int comparisons = 0;

struct Point {
  float x, y, z;
  int layer;
};

template <class T, int kKind>
__global__ void read(cudaTextureObject_t texture, const Point *points, T *out, int count) {
  int i = blockIdx.x * blockDim.x + threadIdx.x;
  if (i >= count)
    return;
  Point p = points[i];
  if (kKind == 1)
    out[i] = tex1D<T>(texture, p.x);
  else if (kKind == 2)
    out[i] = tex2D<T>(texture, p.x, p.y);
  else if (kKind == 3)
    out[i] = tex3D<T>(texture, p.x, p.y, p.z);
  else if (kKind == 4)
    out[i] = tex2DLayered<T>(texture, p.x, p.y, p.layer);
  else if (kKind == 5)
    out[i] = texCubemap<T>(texture, p.x, p.y, p.z);
  else if (kKind == 6)
    out[i] = tex2DLod<T>(texture, p.x, p.y, p.z);
  else if (kKind == 7)
    out[i] = tex2Dgather<T>(texture, p.x, p.y, 1);
  else if (kKind == 8)
    out[i] = tex1Dfetch<T>(texture, p.layer);
  else
    tex1DLayered(&out[i], texture, p.x, p.layer);
}

unsigned randomState = 1;
unsigned randomBits() { return randomState = randomState * 1664525u + 1013904223u; }
// Multiples of 1/64 from -size to 2 size.
float randomTexel(int size) {
  return float(int(randomBits() >> 8) % (192 * size) - 64 * size) / 64.0f;
}

// A texture of T with values in a Model.
template <class T> T *managed(size_t count) {
  T *pointer = nullptr;
  CHECK_CUDA(cudaMallocManaged(&pointer, count * sizeof(T)));
  return pointer;
}

struct Parts {
  double v[4];
};
Parts partsOf(float v) { return {{v, 0, 0, 0}}; }
Parts partsOf(int v) { return {{double(v), 0, 0, 0}}; }
Parts partsOf(unsigned char v) { return {{double(v), 0, 0, 0}}; }
Parts partsOf(float2 v) { return {{v.x, v.y, 0, 0}}; }
template <class T> Parts partsOf(T v) {
  return {{double(v.x), double(v.y), double(v.z), double(v.w)}};
}

template <class T, int kKind>
void compare(const char *name, cudaTextureObject_t texture, const std::vector<Point> &points,
             const std::function<double(const Point &, int)> &expected, int components,
             double tolerance) {
  static Point *devicePoints = managed<Point>(kPoints);
  T *out = managed<T>(kPoints);
  std::copy(points.begin(), points.end(), devicePoints);
  read<T, kKind><<<(kPoints + 95) / 96, 96>>>(texture, devicePoints, out, int(points.size()));
  CHECK_CUDA(cudaDeviceSynchronize());
  for (size_t i = 0; i < points.size(); ++i)
    for (int component = 0; component < components; ++component) {
      const double want = expected(points[i], component), got = partsOf(out[i]).v[component];
      ++comparisons;
      if (!(std::fabs(want - got) <= tolerance) && ++failures <= 20)
        std::printf("%s: component %d at (%g, %g, %g; %d) is %.9g, not %.9g\n", name, component,
                    points[i].x, points[i].y, points[i].z, points[i].layer, got, want);
    }
  CHECK_CUDA(cudaFree(out));
}

// Elements of a channel format as memory and as numbers.
struct Image {
  std::vector<unsigned char> bytes;
  Model model;
  size_t elementBytes;
};
float halfOf(unsigned short bits) {
  const int exponent = bits >> 10 & 31, mantissa = bits & 1023;
  const double magnitude =
      exponent ? std::ldexp(1024 + mantissa, exponent - 25) : std::ldexp(mantissa, -24);
  return float(bits & 0x8000 ? -magnitude : magnitude);
}
Image makeImage(const cudaChannelFormatDesc &format, bool asNormal, int width, int height,
                int depth) {
  Image image;
  const int components = format.w ? 4 : format.y ? 2 : 1, bytes = format.x / 8;
  image.elementBytes = size_t(components) * bytes;
  image.model.width = width, image.model.height = height, image.model.depth = depth;
  for (int i = 0; i < width * height * depth; ++i)
    for (int c = 0; c < 4; ++c) {
      if (c >= components) {
        image.model.texels.push_back(c == 3 ? 1 : 0);
        continue;
      }
      unsigned bits = randomBits() >> 7;
      double value = 0;
      if (format.f == cudaChannelFormatKindFloat && bytes == 4) {
        float number = float(int(bits % 2001) - 1000) / 8;
        std::memcpy(&bits, &number, 4);
        value = number;
      } else if (format.f == cudaChannelFormatKindFloat) {
        bits &= 0xbfff; // finite
        value = halfOf((unsigned short)bits);
      } else {
        const bool isSigned = format.f == cudaChannelFormatKindSigned;
        bits &= 0xffffffffu >> (32 - format.x);
        const int shift = 32 - format.x;
        value = isSigned ? double(int(bits << shift) >> shift) : double(bits);
        if (asNormal)
          value = std::fmax(value / ((1u << (format.x - isSigned)) - 1), -1.0);
      }
      image.model.texels.push_back(value);
      for (int byte = 0; byte < bytes; ++byte)
        image.bytes.push_back((unsigned char)(bits >> 8 * byte));
    }
  return image;
}

cudaArray_t upload(const Image &image, const cudaChannelFormatDesc &format, cudaExtent extent,
                   unsigned flags) {
  cudaArray_t array;
  CHECK_CUDA(cudaMalloc3DArray(&array, &format, extent, flags));
  cudaMemcpy3DParms copy = {};
  const size_t height = extent.height ? extent.height : 1, depth = extent.depth ? extent.depth : 1;
  copy.srcPtr = make_cudaPitchedPtr(const_cast<unsigned char *>(image.bytes.data()),
                                    extent.width * image.elementBytes, extent.width, height);
  copy.dstArray = array;
  copy.extent = make_cudaExtent(extent.width, height, depth);
  copy.kind = cudaMemcpyHostToDevice;
  CHECK_CUDA(cudaMemcpy3D(&copy));
  return array;
}

cudaTextureDesc describe(const Model &model, bool asNormal) {
  cudaTextureDesc description = {};
  for (auto &mode : description.addressMode)
    mode = model.mode;
  description.filterMode = model.isLinear ? cudaFilterModeLinear : cudaFilterModePoint;
  description.readMode = asNormal ? cudaReadModeNormalizedFloat : cudaReadModeElementType;
  description.normalizedCoords = model.isNormalized;
  for (int i = 0; i < 4; ++i)
    description.borderColor[i] = float(model.border[i]);
  description.maxMipmapLevelClamp = 100;
  return description;
}

std::vector<Point> randomPoints(const Model &model, int layers) {
  std::vector<Point> points(kPoints);
  for (Point &p : points) {
    p = {randomTexel(model.width), randomTexel(model.height), randomTexel(model.depth),
         int(randomBits() >> 16) % (layers + 4) - 2};
    if (model.isNormalized) // sizes are powers of two: exact
      p.x /= float(model.width), p.y /= float(model.height), p.z /= float(model.depth);
  }
  return points;
}

template <class T, int kKind, int kAxes>
void everyMode(const char *name, const cudaChannelFormatDesc &format, bool asNormal,
               bool canBeLinear, int components, cudaExtent extent) {
  Image image =
      makeImage(format, asNormal, int(extent.width), extent.height ? int(extent.height) : 1,
                extent.depth ? int(extent.depth) : 1);
  cudaArray_t array = upload(image, format, extent, cudaArrayDefault);
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  Model &model = image.model;
  const int formatComponents = format.w ? 4 : format.y ? 2 : 1;
  for (int variant = 0; variant < 16; ++variant) {
    model.mode = cudaTextureAddressMode(variant & 3);
    model.isLinear = variant & 4;
    model.isNormalized = variant & 8;
    if (model.isLinear && !canBeLinear)
      continue;
    for (int i = 0; i < 4; ++i)
      // Components that the format does not have are 0, 0, 1 everywhere.
      model.border[i] = i >= formatComponents                 ? i == 3
                        : model.mode == cudaAddressModeBorder ? i + 1
                                                              : 0;
    cudaTextureDesc description = describe(model, asNormal);
    cudaTextureObject_t texture;
    CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
    double largest = 1;
    for (double value : model.texels)
      largest = std::fmax(largest, std::fabs(value));
    compare<T, kKind>(
        name, texture, randomPoints(model, 1),
        [&](const Point &p, int c) { return model.sample(kAxes, p.x, p.y, p.z, c); }, components,
        model.isLinear || asNormal ? largest * 1e-6 : 0);
    CHECK_CUDA(cudaDestroyTextureObject(texture));
  }
  CHECK_CUDA(cudaFreeArray(array));
}

void formats() {
  const cudaExtent size2D = {16, 8, 0};
  everyMode<float, 2, 2>("float", cudaCreateChannelDesc<float>(), false, true, 1, size2D);
  everyMode<float4, 2, 2>("float4", cudaCreateChannelDesc<float4>(), false, true, 4, size2D);
  everyMode<float4, 2, 2>("float2 as float4", cudaCreateChannelDesc<float2>(), false, true, 4,
                          size2D);
  everyMode<float4, 2, 2>("half4", cudaCreateChannelDescHalf4(), false, true, 4, size2D);
  everyMode<float, 2, 2>("half", cudaCreateChannelDescHalf(), false, true, 1, size2D);
  everyMode<float4, 2, 2>("uchar4 normalised", cudaCreateChannelDesc<uchar4>(), true, true, 4,
                          size2D);
  everyMode<float4, 2, 2>("char4 normalised", cudaCreateChannelDesc<char4>(), true, true, 4,
                          size2D);
  everyMode<float, 2, 2>("uchar normalised", cudaCreateChannelDesc<unsigned char>(), true, true, 1,
                         size2D);
  everyMode<float4, 2, 2>("short2 normalised", cudaCreateChannelDesc<short2>(), true, true, 2,
                          size2D);
  everyMode<float4, 2, 2>("ushort4 normalised", cudaCreateChannelDesc<ushort4>(), true, true, 4,
                          size2D);
  everyMode<uchar4, 2, 2>("uchar4", cudaCreateChannelDesc<uchar4>(), false, false, 4, size2D);
  everyMode<short4, 2, 2>("short4", cudaCreateChannelDesc<short4>(), false, false, 4, size2D);
  everyMode<unsigned char, 2, 2>("uchar", cudaCreateChannelDesc<unsigned char>(), false, false, 1,
                                 size2D);
  everyMode<int4, 2, 2>("char4 as int4", cudaCreateChannelDesc<char4>(), false, false, 4, size2D);
  everyMode<int4, 2, 2>("ushort4 as int4", cudaCreateChannelDesc<ushort4>(), false, false, 4,
                        size2D);
  everyMode<int4, 2, 2>("int4", cudaCreateChannelDesc<int4>(), false, false, 4, size2D);
  everyMode<float, 1, 1>("1-D", cudaCreateChannelDesc<float>(), false, true, 1, {64, 0, 0});
  everyMode<float, 3, 3>("3-D", cudaCreateChannelDesc<float>(), false, true, 1, {8, 4, 16});
}

void layers() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  Image image = makeImage(format, false, 8, 4, 5);
  cudaArray_t array = upload(image, format, {8, 4, 5}, cudaArrayLayered);
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = array;
  Model &model = image.model;
  model.isLinear = true;
  cudaTextureDesc description = describe(model, false);
  cudaTextureObject_t texture;
  CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
  // A layer outside is the nearest one; layers are not filtered.
  const auto slice = [](const Model &whole, int layer) {
    Model one = whole;
    layer = layer < 0 ? 0 : layer > 4 ? 4 : layer;
    const size_t size = size_t(whole.width) * whole.height * 4;
    one.depth = 1;
    one.texels.assign(whole.texels.begin() + layer * size,
                      whole.texels.begin() + (layer + 1) * size);
    return one;
  };
  compare<float, 4>(
      "2-D layers", texture, randomPoints(model, 5),
      [&](const Point &p, int c) { return slice(model, p.layer).sample(2, p.x, p.y, 0, c); }, 1,
      1e-3);
  cudaResourceViewDesc view = {};
  view.width = 8, view.height = 4, view.depth = 5, view.firstLayer = 2, view.lastLayer = 3;
  cudaTextureObject_t some;
  CHECK_CUDA(cudaCreateTextureObject(&some, &resource, &description, &view));
  compare<float, 4>(
      "a view of layers", some, randomPoints(model, 5),
      [&](const Point &p, int c) {
        return slice(model, p.layer <= 0 ? 2 : 3).sample(2, p.x, p.y, 0, c);
      },
      1, 1e-3);
  Image lines = makeImage(format, false, 8, 1, 5);
  lines.model.isLinear = true;
  resource.res.array.array = upload(lines, format, {8, 0, 5}, cudaArrayLayered);
  cudaTextureObject_t lineTexture;
  CHECK_CUDA(cudaCreateTextureObject(&lineTexture, &resource, &description, nullptr));
  compare<float, 9>(
      "1-D layers", lineTexture, randomPoints(lines.model, 5),
      [&](const Point &p, int c) { return slice(lines.model, p.layer).sample(1, p.x, 0, 0, c); }, 1,
      1e-3);
}

// Programming guide, "Cubemap Textures": face, m, s and t by the component of largest magnitude.
double cubeTexel(const Model &model, const Point &p, int component) {
  const double x = p.x, y = p.y, z = p.z;
  const double ax = std::fabs(x), ay = std::fabs(y), az = std::fabs(z);
  int face;
  double m, s, t;
  if (ax > ay && ax > az)
    face = x >= 0 ? 0 : 1, m = ax, s = x >= 0 ? -z : z, t = -y;
  else if (ay > az)
    face = y >= 0 ? 2 : 3, m = ay, s = x, t = y >= 0 ? z : -z;
  else
    face = z >= 0 ? 4 : 5, m = az, s = z >= 0 ? x : -x, t = -y;
  Model one = model;
  one.depth = 1;
  const size_t size = size_t(model.width) * model.height * 4;
  one.texels.assign(model.texels.begin() + face * size, model.texels.begin() + (face + 1) * size);
  return one.sample(2, float((s / m + 1) / 2), float((t / m + 1) / 2), 0, component);
}

void cube() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  Image image = makeImage(format, false, 16, 16, 6);
  image.model.isNormalized = true;
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = upload(image, format, {16, 16, 6}, cudaArrayCubemap);
  cudaTextureDesc description = describe(image.model, false);
  cudaTextureObject_t texture;
  CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
  std::vector<Point> points(kPoints);
  for (Point &p : points) { // the middle of a texel of some face
    const float s = (float(randomBits() >> 8 & 15) + 0.5f) / 8 - 1,
                t = (float(randomBits() >> 8 & 15) + 0.5f) / 8 - 1,
                m = randomBits() >> 20 & 1 ? 4.0f : -4.0f;
    const unsigned axis = (randomBits() >> 16) % 3;
    p = axis == 0   ? Point{m, 4 * s, 4 * t, 0}
        : axis == 1 ? Point{4 * s, m, 4 * t, 0}
                    : Point{4 * s, 4 * t, m, 0};
  }
  compare<float, 5>(
      "cube map", texture, points,
      [&](const Point &p, int c) { return cubeTexel(image.model, p, c); }, 1, 0);
}

void mipmaps() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  cudaMipmappedArray_t mipmapped;
  CHECK_CUDA(cudaMallocMipmappedArray(&mipmapped, &format, make_cudaExtent(16, 16, 0), 5));
  std::vector<Model> levels;
  for (unsigned level = 0; level < 5; ++level) {
    const int size = 16 >> level;
    Image image = makeImage(format, false, size, size, 1);
    image.model.isNormalized = image.model.isLinear = true;
    levels.push_back(image.model);
    cudaArray_t array;
    CHECK_CUDA(cudaGetMipmappedArrayLevel(&array, mipmapped, level));
    CHECK_CUDA(cudaMemcpyToArray(array, 0, 0, image.bytes.data(), image.bytes.size(),
                                 cudaMemcpyHostToDevice));
  }
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeMipmappedArray;
  resource.res.mipmap.mipmap = mipmapped;
  for (int isLinear = 0; isLinear < 2; ++isLinear) {
    cudaTextureDesc description = describe(levels[0], false);
    description.mipmapFilterMode = isLinear ? cudaFilterModeLinear : cudaFilterModePoint;
    description.mipmapLevelBias = 0.25f;
    description.minMipmapLevelClamp = 0.5f;
    description.maxMipmapLevelClamp = 3.5f;
    cudaTextureObject_t texture;
    CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
    std::vector<Point> points = randomPoints(levels[0], 1);
    for (Point &p : points)
      p.z = float(int(randomBits() >> 8) % 449 - 64) / 64.0f;
    compare<float, 6>(
        "mip levels", texture, points,
        [&](const Point &p, int c) {
          const double lod = std::fmin(std::fmax(p.z + 0.25, 0.5), 3.5);
          const auto at = [&](int level) { return levels[level].sample(2, p.x, p.y, 0, c); };
          if (!isLinear)
            return at(int(std::floor(lod + 0.5)));
          const double weight = lod - std::floor(lod);
          return at(int(lod)) * (1 - weight) + (weight > 0 ? at(int(lod) + 1) * weight : 0);
        },
        1, 1e-3);
    CHECK_CUDA(cudaDestroyTextureObject(texture));
  }
  CHECK_CUDA(cudaFreeMipmappedArray(mipmapped));
}

void gather() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float4>();
  Image image = makeImage(format, false, 16, 8, 1);
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeArray;
  resource.res.array.array = upload(image, format, {16, 8, 0}, cudaArrayTextureGather);
  cudaTextureDesc description = describe(image.model, false);
  cudaTextureObject_t texture;
  CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
  compare<float4, 7>(
      "gather", texture, randomPoints(image.model, 1),
      [&](const Point &p, int c) {
        const int x = int(std::floor(p.x - 0.5f)), y = int(std::floor(p.y - 0.5f));
        return image.model.texel(x + (c == 1 || c == 2), y + (c < 2), 0, 1);
      },
      4, 0);
}

template <class T> void linear(const char *name, int components) {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<T>();
  Image image = makeImage(format, false, 100, 1, 1);
  unsigned char *memory = managed<unsigned char>(image.bytes.size());
  std::copy(image.bytes.begin(), image.bytes.end(), memory);
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypeLinear;
  resource.res.linear.devPtr = memory;
  resource.res.linear.desc = format;
  cudaTextureDesc description = {};
  description.filterMode = cudaFilterModeLinear; // ignored
  // The size may be more than there is of memory, as long as nothing there is read.
  for (size_t times : {1, 3}) {
    resource.res.linear.sizeInBytes = times * image.bytes.size();
    cudaTextureObject_t texture;
    CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
    compare<T, 8>(
        name, texture, randomPoints(image.model, 110),
        [&](const Point &p, int c) {
          return p.layer >= 0 && p.layer < 100 ? image.model.texel(p.layer, 0, 0, c) : 0.0;
        },
        components, 0);
    CHECK_CUDA(cudaDestroyTextureObject(texture));
  }
  CHECK_CUDA(cudaFree(memory));
}

// 50 columns of rows that are 256 bytes apart.
void pitched() {
  const cudaChannelFormatDesc format = cudaCreateChannelDesc<float>();
  Image image = makeImage(format, false, 50, 6, 1);
  float *memory;
  size_t pitch;
  CHECK_CUDA(cudaMallocPitch(&memory, &pitch, 200, 6));
  CHECK_CUDA(cudaMemcpy2D(memory, pitch, image.bytes.data(), 200, 200, 6, cudaMemcpyHostToDevice));
  cudaResourceDesc resource = {};
  resource.resType = cudaResourceTypePitch2D;
  resource.res.pitch2D.devPtr = memory;
  resource.res.pitch2D.desc = format;
  resource.res.pitch2D.width = 50;
  resource.res.pitch2D.height = 6;
  resource.res.pitch2D.pitchInBytes = pitch;
  image.model.isLinear = true;
  cudaTextureDesc description = describe(image.model, false);
  cudaTextureObject_t texture;
  CHECK_CUDA(cudaCreateTextureObject(&texture, &resource, &description, nullptr));
  compare<float, 2>(
      "pitched memory", texture, randomPoints(image.model, 1),
      [&](const Point &p, int c) { return image.model.sample(2, p.x, p.y, 0, c); }, 1, 1e-3);
}

} // namespace

int main() {
  formats();
  layers();
  cube();
  mipmaps();
  gather();
  linear<float>("fetch float", 1);
  linear<unsigned char>("fetch uchar", 1);
  linear<float4>("fetch float4", 4);
  pitched();
  std::printf("%d of %d values differ\n", failures, comparisons);
  return failures != 0 || comparisons < 100000;
}
