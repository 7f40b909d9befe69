; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=run-blocks -pass=work-items -pass=kernel-abi %s | FileCheck %s
; Of what lives across a barrier, a frame keeps what cannot be computed again from the kernel's
; arguments, the warp's number and other kept scalars: here the loaded values alone.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define spir_kernel void @across.line(
; CHECK-NOT: store <32 x i{{1|64}}>
; CHECK-NOT: store <32 x i32*>
; CHECK: store <32 x i32>
; CHECK: %[[LOADED:.*]] = load <32 x i32>
; CHECK: masked.store.v32i32.p0v32i32(<32 x i32> %[[LOADED]]
; CHECK: }
define void @across(i32* %from, i32* %to) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %index = zext i32 %t to i64
  %at = getelementptr i32, i32* %from, i64 %index
  %value = load i32, i32* %at
  call void @llvm.nvvm.barrier0()
  %out = getelementptr i32, i32* %to, i64 %index
  store i32 %value, i32* %out
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0}
!0 = !{void (i32*, i32*)* @across, !"kernel", i32 1}
