; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; Private arrays lie with their lanes side by side where every access is one word.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; An index that is the same in all lanes is one vector access.
; CHECK-LABEL: define void @uniform_index.rows(
; CHECK-NOT: gather
; CHECK-NOT: scatter
; CHECK: store <32 x float>
; CHECK: load <32 x float>
; CHECK: }
define void @uniform_index(float %x, i64 %i, i64 %j, float* %out) {
  %array = alloca [8 x float]
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %value = sitofp i32 %t to float
  %at = getelementptr [8 x float], [8 x float]* %array, i64 0, i64 %i
  store float %value, float* %at
  %from = getelementptr [8 x float], [8 x float]* %array, i64 0, i64 %j
  %read = load float, float* %from
  %index = zext i32 %t to i64
  %to = getelementptr float, float* %out, i64 %index
  store float %read, float* %to
  ret void
}

; Nor does what is known of a thread's number in the grid tear the lanes apart again.
; CHECK-LABEL: define void @in_grid.rows(
; CHECK-NOT: gather
; CHECK-NOT: scatter
; CHECK: store <32 x float>
; CHECK: load <32 x float>
; CHECK: }
define void @in_grid(float %x, i64 %i, i64 %j, float* %out) {
  %array = alloca [8 x float]
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %width = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %start = mul i32 %block, %width
  %number = add i32 %start, %t
  %value = sitofp i32 %number to float
  %at = getelementptr [8 x float], [8 x float]* %array, i64 0, i64 %i
  store float %value, float* %at
  %from = getelementptr [8 x float], [8 x float]* %array, i64 0, i64 %j
  %read = load float, float* %from
  %index = zext i32 %number to i64
  %to = getelementptr float, float* %out, i64 %index
  store float %read, float* %to
  ret void
}

; A lane's own index: 32 words from element to element.
; CHECK-LABEL: define void @lane_index(
; CHECK: shl <32 x i32> {{.*}}<i32 7,
; CHECK: call void @llvm.masked.scatter
; CHECK: }
define void @lane_index(i32* %out) {
  %array = alloca [8 x i32]
  %bytes = bitcast [8 x i32]* %array to i8*
  call void @llvm.memset.p0i8.i64(i8* align 4 %bytes, i8 0, i64 32, i1 false)
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %some = xor i32 %t, 5
  %own = and i32 %some, 7
  %index = zext i32 %own to i64
  %at = getelementptr [8 x i32], [8 x i32]* %array, i64 0, i64 %index
  store i32 %t, i32* %at
  %from = getelementptr [8 x i32], [8 x i32]* %array, i64 0, i64 3
  %read = load i32, i32* %from
  %i = zext i32 %t to i64
  %to = getelementptr i32, i32* %out, i64 %i
  store i32 %read, i32* %to
  ret void
}

; Accesses of several sizes: each lane's copy stays in one piece.
; CHECK-LABEL: define void @several_sizes(
; CHECK: alloca [32 x [8 x i32]]
define void @several_sizes(i64 %i, i32* %out) {
  %array = alloca [8 x i32]
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %at = getelementptr [8 x i32], [8 x i32]* %array, i64 0, i64 %i
  store i32 %t, i32* %at
  %bytes = bitcast [8 x i32]* %array to i8*
  %byte = load i8, i8* %bytes
  %wide = zext i8 %byte to i32
  %index = zext i32 %t to i64
  %to = getelementptr i32, i32* %out, i64 %index
  store i32 %wide, i32* %to
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare void @llvm.memset.p0i8.i64(i8*, i8, i64, i1)
!nvvm.annotations = !{!0, !3, !1, !2}
!0 = !{void (float, i64, i64, float*)* @uniform_index, !"kernel", i32 1}
!1 = !{void (i32*)* @lane_index, !"kernel", i32 1}
!2 = !{void (i64, i32*)* @several_sizes, !"kernel", i32 1}
!3 = !{void (float, i64, i64, float*)* @in_grid, !"kernel", i32 1}
