"""What a pose is: packets, skeleton, frames of reference, metrics, rotations, angles, bone lengths."""
