"""Training: data in memory, augmentation, projection of unseen poses, losses, distillation, checkpoints."""
