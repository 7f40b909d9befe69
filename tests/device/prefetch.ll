; RUN: npu-opt -pass=structure-control-flow -pass=vectorize-warps -pass=prefetch %s | FileCheck %s
; A loop in which a warp walks from one piece of memory to the next asks for it ahead.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

@tile = internal addrspace(3) global [4096 x float] undef

; 128 bytes from round to round, two lines.
; CHECK-LABEL: define void @row(
; CHECK: %[[FROM:.*]] = bitcast <32 x float>* %[[PLACE:.*]] to i8*
; CHECK-NEXT: %[[FIRST:.*]] = getelementptr i8, i8* %[[FROM]], i64 512
; CHECK-NEXT: call void @llvm.prefetch.p0i8(i8* %[[FIRST]], i32 0, i32 3, i32 1)
; CHECK-NEXT: %[[SECOND:.*]] = getelementptr i8, i8* %[[FROM]], i64 576
; CHECK-NEXT: call void @llvm.prefetch.p0i8(i8* %[[SECOND]], i32 0, i32 3, i32 1)
; CHECK-NEXT: {{load <32 x float>.*|call <32 x float> @llvm.masked.load.*}} %[[PLACE]]
define void @row(float* %p, float* %y, i32 %end) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  br label %loop
loop:
  %i = phi i32 [ %t, %entry ], [ %next, %loop ]
  %sum = phi float [ 0.0, %entry ], [ %more, %loop ]
  %index = zext i32 %i to i64
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %more = fadd float %sum, %v
  %next = add nuw nsw i32 %i, 32
  %again = icmp ult i32 %next, %end
  br i1 %again, label %loop, label %done
done:
  %out = zext i32 %t to i64
  %to = getelementptr float, float* %y, i64 %out
  store float %more, float* %to
  ret void
}

; Backwards, the memory below.
; CHECK-LABEL: define void @back(
; CHECK: getelementptr i8, i8* %{{.*}}, i64 -512
; CHECK: call void @llvm.prefetch
; CHECK: getelementptr i8, i8* %{{.*}}, i64 -576
define void @back(float* %p, float* %y, i32 %rounds) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %lane = zext i32 %t to i64
  br label %loop
loop:
  %i = phi i64 [ %lane, %entry ], [ %next, %loop ]
  %round = phi i32 [ 0, %entry ], [ %later, %loop ]
  %sum = phi float [ 0.0, %entry ], [ %more, %loop ]
  %at = getelementptr float, float* %p, i64 %i
  %v = load float, float* %at
  %more = fadd float %sum, %v
  %next = add nsw i64 %i, -32
  %later = add nuw nsw i32 %round, 1
  %again = icmp ult i32 %later, %rounds
  br i1 %again, label %loop, label %done
done:
  %to = getelementptr float, float* %y, i64 %lane
  store float %more, float* %to
  ret void
}

; Rows of a page and more, and shared memory, are left alone; so is what has no loop.
; CHECK-LABEL: define void @columns(
; CHECK-NOT: llvm.prefetch
; CHECK: ret void
define void @columns(float* %p, float* %y, i32 %end) {
entry:
  %t = call i32 @llvm.nvvm.read.ptx.sreg.tid.x()
  %lane = zext i32 %t to i64
  %first = getelementptr float, float* %p, i64 %lane
  %start = load float, float* %first
  br label %loop
loop:
  %i = phi i32 [ 0, %entry ], [ %next, %loop ]
  %sum = phi float [ %start, %entry ], [ %more, %loop ]
  %wide = zext i32 %i to i64
  %row = mul nuw nsw i64 %wide, 1024
  %index = add nuw nsw i64 %row, %lane
  %at = getelementptr float, float* %p, i64 %index
  %v = load float, float* %at
  %near = mul nuw nsw i64 %wide, 32
  %place = add nuw nsw i64 %near, %lane
  %shared = getelementptr [4096 x float], [4096 x float] addrspace(3)* @tile, i64 0, i64 %place
  %w = load float, float addrspace(3)* %shared
  %product = fmul float %v, %w
  %more = fadd float %sum, %product
  %next = add nuw nsw i32 %i, 1
  %again = icmp ult i32 %next, %end
  br i1 %again, label %loop, label %done
done:
  %to = getelementptr float, float* %y, i64 %lane
  store float %more, float* %to
  ret void
}

declare i32 @llvm.nvvm.read.ptx.sreg.tid.x()

!nvvm.annotations = !{!0, !1, !2}
!0 = !{void (float*, float*, i32)* @row, !"kernel", i32 1}
!1 = !{void (float*, float*, i32)* @back, !"kernel", i32 1}
!2 = !{void (float*, float*, i32)* @columns, !"kernel", i32 1}
