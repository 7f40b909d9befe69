// A kernel may take what managed or mapped memory holds by reference.
#include <cstdio>

struct Particle {
  float position;
  int hits;
};

struct Shift {
  Shift(float by) : by(by) {}
  Particle *operator&() { return nullptr; } // must not be asked where the argument is
  float by;
};

__global__ void move(Particle &particle, Shift shift, const int &hits) {
  particle.position += shift.by;
  particle.hits += hits;
}

int main() {
  Particle *particle;
  int *hits;
  cudaMallocManaged(&particle, sizeof *particle);
  cudaMallocManaged(&hits, sizeof *hits);
  *particle = {1.5f, 3};
  *hits = 4;
  move<<<1, 1>>>(*particle, 2.0f, *hits);
  printf("%s\n", cudaGetErrorString(cudaDeviceSynchronize()));
  printf("%g %d\n", particle->position, particle->hits);
  return 0;
}
