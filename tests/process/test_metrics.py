"""The listener for Prometheus of a real node (spec OPS-4)."""

import aiohttp
import pytest

from tools.lab import Lab, free_port


@pytest.mark.clause("OPS-4.1", "FED-12.5")
async def test_a_node_tells_metrics_on_a_listener_of_its_own(lab: Lab) -> None:
    port = free_port()
    lab.build("alpha.test", metrics_listen=str(port))
    place = lab.places["alpha.test"]
    place.start()
    await place.ready()
    async with aiohttp.ClientSession() as session:
        async with session.get(f"http://127.0.0.1:{port}/metrics") as answer:
            text = await answer.text()
            assert answer.status == 200
        async with session.get(f"http://127.0.0.1:{port}/livez") as answer:
            assert answer.status == 404
    assert "kith_worker_rounds_total" in text and "process_resident_memory_bytes" in text
    assert 'kith_request_duration_seconds_count{status="200",surface="people"}' in text
    assert place.stop() == 0
    # A start that cannot tell them says so and leaves nothing.
    lab.places["alpha.test"].environ["KITH_METRICS_LISTEN"] = place.connect
    place.start()
    assert place.process is not None and place.process.wait(timeout=30) == 1
    assert "metrics_listen and listen" in place.log.read_text().splitlines()[-1]
