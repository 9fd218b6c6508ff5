"""Long work beside the live view: training, studio, conversion, export, one after another."""
