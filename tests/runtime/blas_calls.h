// The typed functions of the BLAS API as templates over their element type, for tables of problems.
#pragma once

#include "npu/blas.h"

#include <complex>
#include <type_traits>

namespace npu::calls {

using C32 = std::complex<float>;
using C64 = std::complex<double>;

// The API's pairs of numbers are std::complex's layout.
template <typename T> T pass(T value) { return value; }
inline float2 *pass(C32 *p) { return reinterpret_cast<float2 *>(p); }
inline const float2 *pass(const C32 *p) { return reinterpret_cast<const float2 *>(p); }
inline double2 *pass(C64 *p) { return reinterpret_cast<double2 *>(p); }
inline const double2 *pass(const C64 *p) { return reinterpret_cast<const double2 *>(p); }
inline float2 **pass(C32 **p) { return reinterpret_cast<float2 **>(p); }
inline double2 **pass(C64 **p) { return reinterpret_cast<double2 **>(p); }

#define NPU_CALL(op, S, D, C, Z)                                                                   \
  template <typename T, typename... A> npublasStatus_t op(A... a) {                                \
    if constexpr (std::is_same_v<T, float>)                                                        \
      return S(pass(a)...);                                                                        \
    else if constexpr (std::is_same_v<T, double>)                                                  \
      return D(pass(a)...);                                                                        \
    else if constexpr (std::is_same_v<T, C32>)                                                     \
      return C(pass(a)...);                                                                        \
    else                                                                                           \
      return Z(pass(a)...);                                                                        \
  }
#define NPU_SDCZ(op) NPU_CALL(op, npublasS##op, npublasD##op, npublasC##op, npublasZ##op)
#define NPU_SDCZ_64(op)                                                                            \
  NPU_CALL(op##_64, npublasS##op##_64, npublasD##op##_64, npublasC##op##_64, npublasZ##op##_64)
// One name for the symmetric function of real and the Hermitian one of complex matrices.
#define NPU_BOTH(name, real, complex)                                                              \
  NPU_CALL(name, npublasS##real, npublasD##real, npublasC##complex, npublasZ##complex)

NPU_SDCZ(gemv)
NPU_SDCZ_64(gemv)
NPU_SDCZ(gbmv)
NPU_SDCZ(trmv)
NPU_SDCZ(trsv)
NPU_SDCZ(tbmv)
NPU_SDCZ(tbsv)
NPU_SDCZ(tpmv)
NPU_SDCZ(tpsv)
NPU_SDCZ(symv)
NPU_BOTH(hemv, symv, hemv)
NPU_BOTH(hbmv, sbmv, hbmv)
NPU_BOTH(hpmv, spmv, hpmv)
NPU_BOTH(geru, ger, geru)
NPU_BOTH(gerc, ger, gerc)
NPU_SDCZ(syr)
NPU_BOTH(her, syr, her)
NPU_BOTH(hpr, spr, hpr)
NPU_SDCZ(syr2)
NPU_BOTH(her2, syr2, her2)
NPU_BOTH(hpr2, spr2, hpr2)
NPU_SDCZ(symm)
NPU_SDCZ_64(symm)
NPU_BOTH(hemm, symm, hemm)
NPU_SDCZ(syrk)
NPU_BOTH(herk, syrk, herk)
NPU_SDCZ(syr2k)
NPU_BOTH(her2k, syr2k, her2k)
NPU_SDCZ(syrkx)
NPU_BOTH(herkx, syrkx, herkx)
NPU_SDCZ(trmm)
NPU_SDCZ(trsm)
NPU_SDCZ_64(trsm)
NPU_SDCZ(trsmBatched)
NPU_SDCZ(dgmm)
NPU_SDCZ(tpttr)
NPU_SDCZ(trttp)
NPU_SDCZ(getrfBatched)
NPU_SDCZ(getrsBatched)
NPU_SDCZ(getriBatched)
NPU_SDCZ(matinvBatched)
NPU_SDCZ(geqrfBatched)
NPU_SDCZ(gelsBatched)
#undef NPU_CALL
#undef NPU_SDCZ
#undef NPU_SDCZ_64
#undef NPU_BOTH

} // namespace npu::calls
