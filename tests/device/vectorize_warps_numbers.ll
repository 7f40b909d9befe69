; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps %s | FileCheck %s
; A thread's number in the grid: in the variants it is natural, and where rows are whole warps its
; blocks start at multiples of 32.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; The warp's number in the grid, by a signed division: one scalar, and one lane's store.
; CHECK-LABEL: define void @first_lane.rows(
; CHECK-NOT: scatter
; CHECK: lshr i32
; CHECK-NOT: load <32 x float>
; CHECK: store float
; CHECK: ret void
define void @first_lane(float* %p, float* %q) {
entry:
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %width = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %start = mul i32 %block, %width
  %number = add i32 %start, %t
  %warp = sdiv i32 %number, 32
  %lane = srem i32 %number, 32
  %index = sext i32 %warp to i64
  %at = getelementptr float, float* %p, i64 %index
  %of_warp = load float, float* %at
  %lane_index = sext i32 %lane to i64
  %own = getelementptr float, float* %q, i64 %lane_index
  %of_lane = load float, float* %own
  %sum = fadd float %of_warp, %of_lane
  %is_first = icmp eq i32 %lane, 0
  br i1 %is_first, label %then, label %done
then:
  store float %sum, float* %at
  br label %done
done:
  ret void
}

; No wrap to look for between the lanes of a number, nor in a loop over the grid.
; CHECK-LABEL: define void @over_grid.rows(
; CHECK-NOT: gather
; CHECK: %[[I:.*]] = phi i32
; CHECK: load <32 x float>
; CHECK-NOT: gather
; CHECK: ret void
define void @over_grid(float* %p) {
entry:
  %block = call i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
  %blocks = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %width = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %start = mul i32 %block, %width
  %number = add i32 %start, %t
  %stride = mul i32 %blocks, %width
  br label %loop
loop:
  %i = phi i32 [ %number, %entry ], [ %next, %loop ]
  %round = phi i32 [ 0, %entry ], [ %rounds, %loop ]
  %index = sext i32 %i to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %twice = fadd float %v, %v
  store float %twice, float* %at
  %next = add i32 %i, %stride
  %rounds = add i32 %round, 1
  %more = icmp ult i32 %rounds, 100
  br i1 %more, label %loop, label %done
done:
  ret void
}

; A number behind the grid's last thread may be 2^31 or more.
; CHECK-LABEL: define void @behind_grid.rows(
; CHECK: sext i32
; CHECK: ret void
define void @behind_grid(i64* %p) {
  %blocks = call i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
  %width = call i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %all = mul i32 %blocks, %width
  %number = add i32 %all, %t
  %wide = sext i32 %number to i64
  %index = zext i32 %t to i64
  %at = getelementptr i64, i64* %p, i64 %index
  store i64 %wide, i64* %at
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.ctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.nctaid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.ntid.x()
declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (float*, float*)* @first_lane, !"kernel", i32 1}
!1 = !{void (float*)* @over_grid, !"kernel", i32 1}
!2 = !{void (i64*)* @behind_grid, !"kernel", i32 1}
