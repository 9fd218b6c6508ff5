"""From what MediaPipe sees to a truer pose: refiner, past frames, bones, swapped sides, live and offline."""
