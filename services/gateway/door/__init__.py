"""What every request passes before and after its route: limits of a request, representations of an answer, answers given again."""
