; RUN: npu-opt -pass=kernel-abi -pass=spir-target %s | FileCheck %s
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK: target triple = "spir64-unknown-unknown"
; CHECK: define spir_kernel void @k({{.*}}) !kernel_arg_addr_space ![[SPACES:[0-9]+]]
; CHECK: atomicrmw add i32* %{{.*}}, i32 1 seq_cst
; CHECK-NOT: sm_80
; CHECK: !opencl.ocl.version
; CHECK: !opencl.spir.version
; CHECK: ![[SPACES]] = !{i32 0, i32 3}
define void @k(i32* %p) #0 {
  %old = atomicrmw add i32* %p, i32 1 syncscope("block") seq_cst
  ret void
}
attributes #0 = { "target-cpu"="sm_80" "target-features"="+ptx72,+sm_80" }
!nvvm.annotations = !{!0}
!0 = !{void (i32*)* @k, !"kernel", i32 1}
