; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=run-blocks -pass=work-items -pass=kernel-abi %s | FileCheck %s
; The shuffle's lanes go through the warp's frame: the gather must not be told that nothing else
; accesses the frame.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; CHECK-LABEL: define spir_kernel void @exchange(
; CHECK: call <32 x i32> @llvm.masked.gather
; CHECK-NOT: !noalias
; CHECK: ret void
define void @exchange(i32* %p, i32 %from) {
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr i32, i32* %p, i32 %t
  %own = load i32, i32* %at
  %other = call i32 @llvm.nvvm.shfl.sync.idx.i32(i32 -1, i32 %own, i32 %from, i32 31)
  %sum = add i32 %own, %other
  store i32 %sum, i32* %at
  call void @llvm.nvvm.barrier0()
  %index = xor i32 %t, 64
  %there = getelementptr i32, i32* %p, i32 %index
  %last = load i32, i32* %there
  %scan = call i32 @llvm.nvvm.shfl.sync.down.i32(i32 -1, i32 %last, i32 %from, i32 31)
  store i32 %scan, i32* %at
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.shfl.sync.idx.i32(i32, i32, i32, i32)
declare i32 @llvm.nvvm.shfl.sync.down.i32(i32, i32, i32, i32)
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0}
!0 = !{void (i32*, i32)* @exchange, !"kernel", i32 1}
