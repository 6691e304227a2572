//! The base images on a real engine: how they start and stop.
#![forbid(unsafe_code)]

use harness::Engine;
use image_tests::base_image;

/// A line that says that the boot is over.
const BOOTED: &str = "[services.d] done.";

#[test]
fn every_variant_boots_and_stops_in_order() {
    let engine = Engine::shared();
    for variant in ["debian-12", "debian-13", "alpine", "static"] {
        let image = base_image(engine, variant);
        let container = engine.container(&image).start();
        container.wait_for_line(BOOTED);
        let took = container.stop(10);
        assert!(took.as_secs() < 9, "{variant}: killed after {took:?}");
        assert_eq!(container.wait(), 0, "{variant}");
    }
}
