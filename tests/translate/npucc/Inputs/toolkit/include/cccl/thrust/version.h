#error a header of an installed toolkit
