// The functions of any element type: their parameters name the type, and their sizes have 64 bits.
#include "any_type.h"
#include "leading_values.h"
#include "reductions.h"

namespace npu::solver {
namespace {

// A function of a handle whose sizes fit LAPACK's.
template <class Body>
npusolverStatus_t call(const char *name, npusolverDnHandle_t handle,
                       std::initializer_list<int64_t> sizes, Body body) {
  return entry(name, handle, [&](const Settings &settings) {
    Outcome bad = fits(sizes);
    return bad.ok() ? body(settings) : bad;
  });
}

npusolverStatus_t giveSizes(const char *name, npusolverDnHandle_t handle, size_t *deviceBytes,
                            size_t *hostBytes) {
  return entry(name, handle, [&](const Settings &) -> Outcome {
    if (!deviceBytes || !hostBytes)
      return invalid("a size's address is null");
    *deviceBytes = sizeof(C64) * kWorkElements;
    *hostBytes = sizeof(C64) * kWorkElements;
    return {};
  });
}

} // namespace
} // namespace npu::solver

using namespace npu::solver;

// The areas that callers give are not needed.
#define SIZE_FUNCTION(name, LIST)                                                                  \
  npusolverStatus_t npusolverDn##name##_bufferSize LIST {                                          \
    return giveSizes("cusolverDn" #name "_bufferSize", handle, deviceBytes, hostBytes);            \
  }
#define TYPED(T, pointer) static_cast<T *>(const_cast<void *>(static_cast<const void *>(pointer)))
#pragma GCC diagnostic ignored "-Wunused-parameter"

extern "C" {

SIZE_FUNCTION(Xpotrf, NPU_SOLVER_XPOTRF(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xgetrf, NPU_SOLVER_XGETRF_SIZE)
SIZE_FUNCTION(Xgeqrf, NPU_SOLVER_XGEQRF(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xsyevd, NPU_SOLVER_XSYEVD(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xgesvd, NPU_SOLVER_XGESVD(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xsyevdx, NPU_SOLVER_XSYEVDX(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xgesvdp, NPU_SOLVER_XGESVDP(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xgeev, NPU_SOLVER_XGEEV(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xtrtri, NPU_SOLVER_XTRTRI(NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xgesvdr, NPU_SOLVER_XGESVDR(const void, NPU_SOLVER_SIZES))
SIZE_FUNCTION(XsyevBatched, NPU_SOLVER_XSYEVD(const void, NPU_SOLVER_SIZES, int64_t batchSize))
SIZE_FUNCTION(Xsytrs, NPU_SOLVER_XSYTRS(NPU_SOLVER_SIZES))
SIZE_FUNCTION(Xlarft, NPU_SOLVER_XLARFT(NPU_SOLVER_SIZES))

npusolverStatus_t npusolverDnXpotrf NPU_SOLVER_XPOTRF(void, NPU_SOLVER_AREAS) {
  return call("cusolverDnXpotrf", handle, {n, lda}, [&](const Settings &settings) {
    return byType(typeA, {computeType}, [&](auto zero) {
      using T = decltype(zero);
      return potrf(settings, uplo, int(n), TYPED(T, A), int(lda), info);
    });
  });
}

npusolverStatus_t npusolverDnXpotrs NPU_SOLVER_XPOTRS {
  return call("cusolverDnXpotrs", handle, {n, nrhs, lda, ldb}, [&](const Settings &settings) {
    return byType(typeA, {typeB}, [&](auto zero) {
      using T = decltype(zero);
      return potrs(settings, uplo, int(n), int(nrhs), TYPED(T, A), int(lda), TYPED(T, B), int(ldb),
                   info);
    });
  });
}

npusolverStatus_t npusolverDnXgetrf NPU_SOLVER_XGETRF {
  return call("cusolverDnXgetrf", handle, {m, n, lda}, [&](const Settings &settings) {
    return byType(typeA, {computeType}, [&](auto zero) {
      using T = decltype(zero);
      return getrf(settings, int(m), int(n), TYPED(T, A), int(lda), ipiv, info);
    });
  });
}

npusolverStatus_t npusolverDnXgetrs NPU_SOLVER_XGETRS {
  return call("cusolverDnXgetrs", handle, {n, nrhs, lda, ldb}, [&](const Settings &settings) {
    return byType(typeA, {typeB}, [&](auto zero) {
      using T = decltype(zero);
      return getrs(settings, trans, int(n), int(nrhs), TYPED(T, A), int(lda), ipiv, TYPED(T, B),
                   int(ldb), info);
    });
  });
}

npusolverStatus_t npusolverDnXgeqrf NPU_SOLVER_XGEQRF(void, NPU_SOLVER_AREAS) {
  return call("cusolverDnXgeqrf", handle, {m, n, lda}, [&](const Settings &settings) {
    return byType(typeA, {typeTau, computeType}, [&](auto zero) {
      using T = decltype(zero);
      return geqrf(settings, int(m), int(n), TYPED(T, A), int(lda), TYPED(T, tau), info);
    });
  });
}

npusolverStatus_t npusolverDnXsyevd NPU_SOLVER_XSYEVD(void, NPU_SOLVER_AREAS) {
  return call("cusolverDnXsyevd", handle, {n, lda}, [&](const Settings &settings) -> Outcome {
    if (typeW != realOf(typeA))
      return unsupported("the eigenvalues have another type than the matrix");
    return byType(typeA, {computeType}, [&](auto zero) {
      using T = decltype(zero);
      return syevd(settings, jobz, uplo, int(n), TYPED(T, A), int(lda), TYPED(Real<T>, W), info);
    });
  });
}

npusolverStatus_t npusolverDnXsyevdx NPU_SOLVER_XSYEVDX(void, NPU_SOLVER_AREAS) {
  return call(
      "cusolverDnXsyevdx", handle, {n, lda, il, iu}, [&](const Settings &settings) -> Outcome {
        if (typeW != realOf(typeA))
          return unsupported("the eigenvalues have another type than the matrix");
        if (!meig || (range == NPUSOLVER_EIG_RANGE_V && (!vl || !vu)))
          return invalid("the number's or a limit's address is null");
        return byType(typeA, {computeType}, [&](auto zero) {
          using T = decltype(zero);
          const bool limits = range == NPUSOLVER_EIG_RANGE_V;
          const Real<T> lower = limits ? *TYPED(Real<T>, vl) : 0;
          const Real<T> upper = limits ? *TYPED(Real<T>, vu) : 0;
          int found = 0;
          Outcome outcome = syevdx(settings, jobz, range, uplo, int(n), TYPED(T, A), int(lda),
                                   lower, upper, int(il), int(iu), &found, TYPED(Real<T>, W), info);
          *meig = found;
          return outcome;
        });
      });
}

npusolverStatus_t npusolverDnXgesvd NPU_SOLVER_XGESVD(void, NPU_SOLVER_AREAS) {
  return call(
      "cusolverDnXgesvd", handle, {m, n, lda, ldu, ldvt}, [&](const Settings &settings) -> Outcome {
        if (typeS != realOf(typeA))
          return unsupported("the singular values have another type than the matrix");
        return byType(typeA, {typeU, typeVT, computeType}, [&](auto zero) {
          using T = decltype(zero);
          return gesvd(settings, char(jobu), char(jobvt), int(m), int(n), TYPED(T, A), int(lda),
                       TYPED(Real<T>, S), TYPED(T, U), int(ldu), TYPED(T, VT), int(ldvt), info);
        });
      });
}

npusolverStatus_t npusolverDnXgesvdp NPU_SOLVER_XGESVDP(void, NPU_SOLVER_AREAS,
                                                        double *h_err_sigma) {
  return call(
      "cusolverDnXgesvdp", handle, {m, n, lda, ldu, ldv}, [&](const Settings &settings) -> Outcome {
        if (typeS != realOf(typeA))
          return unsupported("the singular values have another type than the matrix");
        if (!h_err_sigma)
          return invalid("the error's address is null");
        *h_err_sigma = 0; // nothing was perturbed
        return byType(typeA, {typeU, typeV, computeType}, [&](auto zero) {
          using T = decltype(zero);
          return gesvdj(settings, jobz, econ != 0, int(m), int(n), TYPED(T, A), int(lda),
                        TYPED(Real<T>, S), TYPED(T, U), int(ldu), TYPED(T, V), int(ldv), info);
        });
      });
}

npusolverStatus_t npusolverDnXgeev NPU_SOLVER_XGEEV(void, NPU_SOLVER_AREAS) {
  return call("cusolverDnXgeev", handle, {n, lda, ldvl, ldvr},
              [&](const Settings &settings) -> Outcome {
                if (realOf(typeW) != realOf(typeA) || (typeA != realOf(typeA) && typeW != typeA))
                  return unsupported("the eigenvalues have a type that does not hold the matrix's");
                return byType(typeA, {typeVL, typeVR, computeType}, [&](auto zero) {
                  using T = decltype(zero);
                  return geev(settings, jobvl, jobvr, int(n), TYPED(T, A), int(lda), W,
                              typeW != realOf(typeW), TYPED(T, VL), int(ldvl), TYPED(T, VR),
                              int(ldvr), info);
                });
              });
}

npusolverStatus_t npusolverDnXtrtri NPU_SOLVER_XTRTRI(NPU_SOLVER_AREAS) {
  return call("cusolverDnXtrtri", handle, {n, lda}, [&](const Settings &settings) {
    return byType(typeA, {}, [&](auto zero) {
      using T = decltype(zero);
      return trtri(settings, uplo, diag, int(n), TYPED(T, A), int(lda), info);
    });
  });
}

npusolverStatus_t npusolverDnXgesvdr NPU_SOLVER_XGESVDR(void, NPU_SOLVER_AREAS) {
  return call("cusolverDnXgesvdr", handle, {m, n, k, p, lda, ldu, ldv},
              [&](const Settings &settings) -> Outcome {
                if (typeS != realOf(typeA))
                  return unsupported("the singular values have another type than the matrix");
                return byType(typeA, {typeU, typeV, computeType}, [&](auto zero) {
                  using T = decltype(zero);
                  return gesvdr<T>(settings, char(jobu), char(jobv), int(m), int(n), int(k), int(p),
                                   TYPED(T, A), int(lda), TYPED(Real<T>, S), TYPED(T, U), int(ldu),
                                   TYPED(T, V), int(ldv), info);
                });
              });
}

npusolverStatus_t npusolverDnXsyevBatched NPU_SOLVER_XSYEVD(void, NPU_SOLVER_AREAS,
                                                            int64_t batchSize) {
  return call("cusolverDnXsyevBatched", handle, {n, lda, batchSize},
              [&](const Settings &settings) -> Outcome {
                if (typeW != realOf(typeA))
                  return unsupported("the eigenvalues have another type than the matrix");
                return byType(typeA, {computeType}, [&](auto zero) {
                  using T = decltype(zero);
                  return syevd(settings, jobz, uplo, int(n), TYPED(T, A), int(lda),
                               TYPED(Real<T>, W), info, int(batchSize));
                });
              });
}

npusolverStatus_t npusolverDnXsytrs NPU_SOLVER_XSYTRS(NPU_SOLVER_AREAS) {
  return call("cusolverDnXsytrs", handle, {n, nrhs, lda, ldb}, [&](const Settings &settings) {
    return byType(typeA, {typeB}, [&](auto zero) {
      using T = decltype(zero);
      return sytrs(settings, uplo, int(n), int(nrhs), TYPED(T, A), int(lda), ipiv, TYPED(T, B),
                   int(ldb), info);
    });
  });
}

npusolverStatus_t npusolverDnXlarft NPU_SOLVER_XLARFT(NPU_SOLVER_X_AREAS) {
  return call("cusolverDnXlarft", handle, {n, k, ldv, ldt}, [&](const Settings &settings) {
    return byType(typeV, {typeTau, typeT, computeType}, [&](auto zero) {
      using Element = decltype(zero);
      return larft(settings, direct, storev, int(n), int(k), TYPED(Element, V), int(ldv),
                   TYPED(Element, tau), TYPED(Element, T), int(ldt));
    });
  });
}

} // extern "C"
