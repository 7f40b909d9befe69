; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=step-warps %s | FileCheck %s
; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=step-warps -pass=run-blocks %s | FileCheck %s --check-prefix=BLOCK
; In loops whose rounds are far apart in memory a warp stops every few rounds.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

; The step depends on what the kernel is told. The loop that the stop ends is entered again behind it.
; CHECK-LABEL: define void @columns(
; CHECK: %[[NEXT:.*]] = add nuw nsw i32 %round, 1
; CHECK-NEXT: icmp eq i32 %[[NEXT]], 8
; CHECK-NEXT: br i1 %{{.*}}, label %step, label %{{.*}}
; CHECK: step: {{.*}}
; CHECK-NEXT: call void @__npu_turn(i32 0, i32 0, i32 0, i32 0)
; CHECK-NEXT: br label %step.begin
; CHECK: %round = phi i32 [ 0, %step.begin ], [ %[[NEXT]], %
; BLOCK-LABEL: define void @columns(
; BLOCK: alloca {{.*}}, align 256
; BLOCK-NOT: __npu_turn
; BLOCK-LABEL: define void @near(
define void @columns(float* %p, i32 %rows, i64 %width) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %column = zext i32 %t to i64
  br label %loop
loop:
  %row = phi i32 [ 0, %entry ], [ %next, %loop ]
  %wide = zext i32 %row to i64
  %start = mul i64 %wide, %width
  %index = add i64 %start, %column
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %twice = fadd float %v, %v
  store float %twice, float* %at
  %next = add i32 %row, 1
  %more = icmp ult i32 %next, %rows
  br i1 %more, label %loop, label %end
end:
  ret void
}

; 128 bytes from round to round.
; CHECK-LABEL: define void @near(
; CHECK-NOT: __npu_turn
; CHECK: ret void
define void @near(float* %p, i32 %rows) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %column = zext i32 %t to i64
  br label %loop
loop:
  %row = phi i32 [ 0, %entry ], [ %next, %loop ]
  %wide = zext i32 %row to i64
  %start = mul i64 %wide, 32
  %index = add i64 %start, %column
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %twice = fadd float %v, %v
  store float %twice, float* %at
  %next = add i32 %row, 1
  %more = icmp ult i32 %next, %rows
  br i1 %more, label %loop, label %end
end:
  ret void
}

; Barriers keep warps in step.
; CHECK-LABEL: define void @barriers(
; CHECK-NOT: call void @__npu_turn(i32 0
; CHECK: ret void
define void @barriers(float* %p, i32 %rows, i64 %width) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %column = zext i32 %t to i64
  br label %loop
loop:
  %row = phi i32 [ 0, %entry ], [ %next, %loop ]
  %wide = zext i32 %row to i64
  %start = mul i64 %wide, %width
  %index = add i64 %start, %column
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %twice = fadd float %v, %v
  store float %twice, float* %at
  call void @llvm.nvvm.barrier0()
  %next = add i32 %row, 1
  %more = icmp ult i32 %next, %rows
  br i1 %more, label %loop, label %end
end:
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()
declare void @llvm.nvvm.barrier0()
!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (float*, i32, i64)* @columns, !"kernel", i32 1}
!1 = !{void (float*, i32)* @near, !"kernel", i32 1}
!2 = !{void (float*, i32, i64)* @barriers, !"kernel", i32 1}
