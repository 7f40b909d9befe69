; RUN: npu-opt -pass=library-calls %s | FileCheck %s
target triple = "nvptx64-nvidia-cuda"

; CHECK: addrspacecast i32 addrspace(1)* %p to i32*
; CHECK: call i32 @__npu_atomic_inc(i32* %{{.*}}, i32 9)
; CHECK: call float @__nv_fminf(float %x, float 1.000000e+00)
; CHECK: call i32 @__npu_barrier_popc(i32 %{{.*}})
define void @k(i32 addrspace(1)* %p, float %x) {
  %old = call i32 @llvm.nvvm.atomic.load.inc.32.p1i32(i32 addrspace(1)* %p, i32 9)
  %m = call float @llvm.nvvm.fmin.f(float %x, float 1.0)
  %c = call i32 @llvm.nvvm.barrier0.popc(i32 %old)
  ret void
}
declare i32 @llvm.nvvm.atomic.load.inc.32.p1i32(i32 addrspace(1)*, i32)
declare float @llvm.nvvm.fmin.f(float, float)
declare i32 @llvm.nvvm.barrier0.popc(i32)
!nvvm.annotations = !{!0}
!0 = !{void (i32 addrspace(1)*, float)* @k, !"kernel", i32 1}
