; RUN: npu-opt -pass=thread-state %s | FileCheck %s
; A thread may change its own copy of a parameter; all threads are given the same struct.
target datalayout = "e-i64:64-i128:128-v16:16-v32:32-n16:32:64"
target triple = "nvptx64-nvidia-cuda"

%struct.Point = type { i32, i32 }

; CHECK-LABEL: define void @writes(
; CHECK: %[[COPY:.*]] = alloca %struct.Point
; CHECK: call void @llvm.memcpy
; CHECK: getelementptr %struct.Point, %struct.Point* %[[COPY]], i32 0, i32 0
define void @writes(%struct.Point* byval(%struct.Point) align 4 %point, i32* %out) {
  %x = getelementptr %struct.Point, %struct.Point* %point, i32 0, i32 0
  store i32 5, i32* %x
  %value = load i32, i32* %x
  store i32 %value, i32* %out
  ret void
}

; CHECK-LABEL: define void @reads(
; CHECK-NOT: alloca
; CHECK-NOT: memcpy
; CHECK: ret void
define void @reads(%struct.Point* byval(%struct.Point) align 4 %point, i32* %out) {
  %x = getelementptr %struct.Point, %struct.Point* %point, i32 0, i32 0
  %value = load i32, i32* %x
  store i32 %value, i32* %out
  ret void
}
!nvvm.annotations = !{!0, !1}
!0 = !{void (%struct.Point*, i32*)* @writes, !"kernel", i32 1}
!1 = !{void (%struct.Point*, i32*)* @reads, !"kernel", i32 1}
