"""Motion of the humanoid for programs that animate: BVH and GLB."""
