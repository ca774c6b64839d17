"""`pytest -p tools.brief`: few random inputs, the same each time, and no search for the smallest one that fails.

For tools/mutants.py, which runs the tests a thousand times.
"""

from hypothesis import HealthCheck, Phase, settings

settings.register_profile(
    "brief",
    max_examples=10,
    derandomize=True,
    deadline=None,
    phases=(Phase.explicit, Phase.generate),
    suppress_health_check=list(HealthCheck),
)
settings.load_profile("brief")
