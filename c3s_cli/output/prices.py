"""What costs are about, in the documents."""

from __future__ import annotations

from typing import Any

from c3s_cli.model.prices import CostTerms


def price_terms(costs: CostTerms) -> dict[str, Any]:
    """Return the member `prices` of a document's metadata."""
    return {
        "prices": {
            "currency": costs.currency,
            "hoursPerMonth": float(costs.hours) if "." in costs.hours else int(costs.hours),
            "allocatedBy": "requests",
            "nodesWithoutPrice": list(costs.unpriced),
        }
    }
