; Kernels of the image kernel ABI (npu/kernel_image.h) for the OpenCL device's tests: argument 0 is the
; parameters as a struct by value, argument 1 the dynamic shared memory. Written as the translator
; writes them: addresses are 64-bit integers in the struct, a static shared array is an internal
; local global named after its kernel.
target datalayout = "e-i64:64-v16:16-v24:32-v32:32-v48:64-v96:128-v192:256-v256:256-v512:512-v1024:1024"
target triple = "spir64-unknown-unknown"

%onePointer = type { i64 }
%scaled = type { i64, float, i32 }
%mixed = type { i8, double, i16, i64, [3 x i16] }
%large = type { i64, [1023 x i64] }
%nothing = type { i8 }

@reverseStatic.tile = internal addrspace(3) global [256 x float] undef, align 4
@overflowStatic.tile = internal addrspace(3) global [67108864 x i8] undef, align 4

declare spir_func i64 @_Z12get_local_idj(i32)
declare spir_func i64 @_Z17get_global_offsetj(i32)
declare spir_func i64 @_Z12get_group_idj(i32)
declare spir_func i64 @_Z13get_global_idj(i32)
declare spir_func i64 @_Z14get_local_sizej(i32)
declare spir_func i64 @_Z14get_num_groupsj(i32)
declare spir_func void @_Z7barrierj(i32)

; data[block * 256 + i] = data[block * 256 + 255 - i] * scale
define spir_kernel void @reverseStatic(%scaled* byval(%scaled) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %thread = call spir_func i64 @_Z12get_local_idj(i32 0)
  %index = call spir_func i64 @_Z13get_global_idj(i32 0)
  %addressField = getelementptr %scaled, %scaled* %arguments, i32 0, i32 0
  %address = load i64, i64* %addressField
  %data = inttoptr i64 %address to float*
  %element = getelementptr float, float* %data, i64 %index
  %value = load float, float* %element
  %mine = getelementptr [256 x float], [256 x float] addrspace(3)* @reverseStatic.tile, i64 0, i64 %thread
  store float %value, float addrspace(3)* %mine
  call spir_func void @_Z7barrierj(i32 3)
  %mirrored = sub i64 255, %thread
  %other = getelementptr [256 x float], [256 x float] addrspace(3)* @reverseStatic.tile, i64 0, i64 %mirrored
  %read = load float, float addrspace(3)* %other
  %scaleField = getelementptr %scaled, %scaled* %arguments, i32 0, i32 1
  %scale = load float, float* %scaleField
  %result = fmul float %read, %scale
  store float %result, float* %element
  ret void
}

; The same with dynamic shared memory and any block size.
define spir_kernel void @reverseDynamic(%scaled* byval(%scaled) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %thread = call spir_func i64 @_Z12get_local_idj(i32 0)
  %threads = call spir_func i64 @_Z14get_local_sizej(i32 0)
  %index = call spir_func i64 @_Z13get_global_idj(i32 0)
  %addressField = getelementptr %scaled, %scaled* %arguments, i32 0, i32 0
  %address = load i64, i64* %addressField
  %data = inttoptr i64 %address to float*
  %element = getelementptr float, float* %data, i64 %index
  %value = load float, float* %element
  %tile = bitcast i8 addrspace(3)* %dynamic to float addrspace(3)*
  %mine = getelementptr float, float addrspace(3)* %tile, i64 %thread
  store float %value, float addrspace(3)* %mine
  call spir_func void @_Z7barrierj(i32 3)
  %last = sub i64 %threads, 1
  %mirrored = sub i64 %last, %thread
  %other = getelementptr float, float addrspace(3)* %tile, i64 %mirrored
  %read = load float, float addrspace(3)* %other
  %scaleField = getelementptr %scaled, %scaled* %arguments, i32 0, i32 1
  %scale = load float, float* %scaleField
  %result = fmul float %read, %scale
  store float %result, float* %element
  ret void
}

; Each thread writes its block and thread coordinates, six bytes packed in 64 bits, at its linear global index.
define spir_kernel void @writeCoordinates(%onePointer* byval(%onePointer) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %bx = call spir_func i64 @_Z12get_group_idj(i32 0)
  %by = call spir_func i64 @_Z12get_group_idj(i32 1)
  %bz = call spir_func i64 @_Z12get_group_idj(i32 2)
  %tx = call spir_func i64 @_Z12get_local_idj(i32 0)
  %ty = call spir_func i64 @_Z12get_local_idj(i32 1)
  %tz = call spir_func i64 @_Z12get_local_idj(i32 2)
  %gx = call spir_func i64 @_Z14get_num_groupsj(i32 0)
  %gy = call spir_func i64 @_Z14get_num_groupsj(i32 1)
  %nx = call spir_func i64 @_Z14get_local_sizej(i32 0)
  %ny = call spir_func i64 @_Z14get_local_sizej(i32 1)
  %nz = call spir_func i64 @_Z14get_local_sizej(i32 2)
  ; block = (bz * gy + by) * gx + bx; thread = (tz * ny + ty) * nx + tx
  %b0 = mul i64 %bz, %gy
  %b1 = add i64 %b0, %by
  %b2 = mul i64 %b1, %gx
  %block = add i64 %b2, %bx
  %t0 = mul i64 %tz, %ny
  %t1 = add i64 %t0, %ty
  %t2 = mul i64 %t1, %nx
  %thread = add i64 %t2, %tx
  %n0 = mul i64 %nx, %ny
  %n = mul i64 %n0, %nz
  %i0 = mul i64 %block, %n
  %index = add i64 %i0, %thread
  ; in blocks of one column x has changed places with another dimension: npu/kernel_image.h
  %exchanged = call spir_func i64 @_Z17get_global_offsetj(i32 0)
  %none = icmp eq i64 %exchanged, 0
  %withY = icmp eq i64 %exchanged, 1
  %withZ = icmp eq i64 %exchanged, 2
  %x = select i1 %none, i64 %tx, i64 0
  %y = select i1 %withY, i64 %tx, i64 %ty
  %z = select i1 %withZ, i64 %tx, i64 %tz
  %p1 = shl i64 %by, 8
  %p2 = shl i64 %bz, 16
  %p3 = shl i64 %x, 24
  %p4 = shl i64 %y, 32
  %p5 = shl i64 %z, 40
  %q1 = or i64 %bx, %p1
  %q2 = or i64 %q1, %p2
  %q3 = or i64 %q2, %p3
  %q4 = or i64 %q3, %p4
  %packed = or i64 %q4, %p5
  %addressField = getelementptr %onePointer, %onePointer* %arguments, i32 0, i32 0
  %address = load i64, i64* %addressField
  %data = inttoptr i64 %address to i64*
  %element = getelementptr i64, i64* %data, i64 %index
  store i64 %packed, i64* %element
  ret void
}

; data[0] = the byte + the double + the 16-bit integer + the last array element, from CUDA's offsets 0, 8, 16, 32 + 4
define spir_kernel void @addFields(%mixed* byval(%mixed) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %byteField = getelementptr %mixed, %mixed* %arguments, i32 0, i32 0
  %doubleField = getelementptr %mixed, %mixed* %arguments, i32 0, i32 1
  %shortField = getelementptr %mixed, %mixed* %arguments, i32 0, i32 2
  %addressField = getelementptr %mixed, %mixed* %arguments, i32 0, i32 3
  %lastField = getelementptr %mixed, %mixed* %arguments, i32 0, i32 4, i32 2
  %byte = load i8, i8* %byteField
  %double = load double, double* %doubleField
  %short = load i16, i16* %shortField
  %address = load i64, i64* %addressField
  %last = load i16, i16* %lastField
  %byteValue = sitofp i8 %byte to double
  %shortValue = sitofp i16 %short to double
  %lastValue = sitofp i16 %last to double
  %s1 = fadd double %byteValue, %double
  %s2 = fadd double %s1, %shortValue
  %s3 = fadd double %s2, %lastValue
  %data = inttoptr i64 %address to double*
  store double %s3, double* %data
  ret void
}

; data[i] = arguments[1 + i] for each of the 1023 integers that follow the address: an 8 KiB struct
define spir_kernel void @copyArguments(%large* byval(%large) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %index = call spir_func i64 @_Z13get_global_idj(i32 0)
  %addressField = getelementptr %large, %large* %arguments, i32 0, i32 0
  %address = load i64, i64* %addressField
  %field = getelementptr %large, %large* %arguments, i64 0, i32 1, i64 %index
  %value = load i64, i64* %field
  %data = inttoptr i64 %address to i64*
  %element = getelementptr i64, i64* %data, i64 %index
  store i64 %value, i64* %element
  ret void
}

; ++data[i], not atomic
define spir_kernel void @increment(%onePointer* byval(%onePointer) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %index = call spir_func i64 @_Z13get_global_idj(i32 0)
  %addressField = getelementptr %onePointer, %onePointer* %arguments, i32 0, i32 0
  %address = load i64, i64* %addressField
  %data = inttoptr i64 %address to i64*
  %element = getelementptr i64, i64* %data, i64 %index
  %value = load i64, i64* %element
  %more = add i64 %value, 1
  store i64 %more, i64* %element
  ret void
}

define spir_kernel void @empty(%nothing* byval(%nothing) align 1 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  ret void
}

; 64 MiB of static shared memory: more than any device has
define spir_kernel void @overflowStatic(%onePointer* byval(%onePointer) align 8 %arguments, i8 addrspace(3)* %dynamic) !kernel_arg_addr_space !1 !kernel_arg_access_qual !2 !kernel_arg_type !3 !kernel_arg_base_type !3 !kernel_arg_type_qual !4 {
  %index = call spir_func i64 @_Z13get_global_idj(i32 0)
  %cell = getelementptr [67108864 x i8], [67108864 x i8] addrspace(3)* @overflowStatic.tile, i64 0, i64 %index
  store i8 1, i8 addrspace(3)* %cell
  ret void
}

!opencl.ocl.version = !{!0}
!opencl.spir.version = !{!0}
!0 = !{i32 1, i32 2}
!1 = !{i32 0, i32 3}
!2 = !{!"none", !"none"}
!3 = !{!"arguments", !"char*"}
!4 = !{!"", !""}
