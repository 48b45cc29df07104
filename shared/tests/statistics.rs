//! Every published vector, to the digits in which it was published.
#![cfg(feature = "stats")]

use shared::stats::*;

#[track_caller]
fn close(actual: f64, expected: f64, tolerance: f64) {
    assert!((actual - expected).abs() <= tolerance, "{actual} is not {expected} ± {tolerance}");
}

const fn nps(p: u64, passive: u64, d: u64) -> NpsCounts {
    NpsCounts::new(p, passive, d)
}

const WEB: NpsCounts = nps(120, 50, 30);
const COUNTER: NpsCounts = nps(60, 25, 15);
const PHONE: NpsCounts = nps(80, 60, 60);
const APP: NpsCounts = nps(45, 30, 45);
const EMAIL: NpsCounts = nps(18, 9, 13);

#[test]
fn nps_scores_margins_and_intervals() {
    for (counts, score, wald, centre, margin, low, high) in [
        (nps(50, 30, 20), 30.0, 15.3078, 29.1262, 15.0751, 14.0511, 44.2013),
        (nps(5, 3, 2), 30.0, 48.4075, 23.0769, 42.1275, -19.0506, 65.2045),
        (nps(500, 300, 200), 30.0, 4.8408, 29.9103, 4.8333, 25.0770, 34.7435),
    ] {
        close(counts.score().unwrap(), score, 1e-9);
        close(counts.wald_margin().unwrap(), wald, 1e-4);
        let interval = counts.interval().unwrap();
        close(interval.low, low, 1e-4);
        close(interval.high, high, 1e-4);
        close(f64::midpoint(interval.low, interval.high), centre, 1e-4);
        close((interval.high - interval.low) / 2.0, margin, 1e-4);
        assert_eq!(interval.method, "adjusted-wald");
    }
    let all = nps(10, 0, 0);
    close(all.score().unwrap(), 100.0, 0.0);
    close(all.wald_margin().unwrap(), 0.0, 0.0);
    close(all.interval().unwrap().low, 47.5036, 1e-4);
    close(all.interval().unwrap().high, 100.0, 0.0);
    for (counts, low, high) in [
        (COUNTER, 29.343_111, 58.035_530),
        (nps(5, 2, 1), -7.446_024, 80.173_297),
        (nps(0, 3, 7), -86.638_359, -21.053_949),
        (nps(16, 8, 12), -16.848_841, 37.361_661),
    ] {
        close(counts.interval().unwrap().low, low, 1e-6);
        close(counts.interval().unwrap().high, high, 1e-6);
    }
    assert_eq!(nps(0, 0, 0).score(), None);
    assert_eq!(nps(0, 0, 0).interval(), None);
    assert_eq!(NpsCounts::from_histogram(&[0, 1, 2, 3, 4, 5, 5, 10, 20, 30, 20]), nps(50, 30, 20));
}

/// Exact coverage at n = 5, p = 0.8, d = 0.05: all outcomes, weighted by their probability.
#[test]
fn adjusted_intervals_cover_where_wald_does_not() {
    let truth = 75.0;
    let factorial = |n: u64| (1..=n).product::<u64>() as f64;
    let (mut wald, mut adjusted) = (0.0, 0.0);
    for promoters in 0..=5 {
        for detractors in 0..=5 - promoters {
            let passives = 5 - promoters - detractors;
            let ways =
                factorial(5) / (factorial(promoters) * factorial(passives) * factorial(detractors));
            let probability = ways
                * 0.8f64.powi(promoters as i32)
                * 0.15f64.powi(passives as i32)
                * 0.05f64.powi(detractors as i32);
            let counts = nps(promoters, passives, detractors);
            let margin = counts.wald_margin().unwrap();
            if (counts.score().unwrap() - truth).abs() <= margin {
                wald += probability;
            }
            let interval = counts.interval().unwrap();
            if (interval.low..=interval.high).contains(&truth) {
                adjusted += probability;
            }
        }
    }
    close(wald, 0.664, 0.003);
    close(adjusted, 0.930, 0.003);
}

#[test]
fn shares() {
    for (hits, answered, low, high) in
        [(80, 100, 71.1171, 86.6633), (10, 10, 72.2467, 100.0), (0, 10, 0.0, 27.7533)]
    {
        let interval = Share::new(hits, answered).interval().unwrap();
        close(interval.low, low, 1e-4);
        close(interval.high, high, 1e-4);
        assert_eq!(interval.method, "wilson");
    }
    assert_eq!(Share::new(0, 0).interval(), None);
    let difference = share_difference(Share::new(78, 100), Share::new(61, 95)).unwrap();
    close(difference.statistic, 2.127_284, 1e-6);
    close(difference.p, 0.033_397, 1e-6);
    close(difference.low, 1.0718, 1e-4);
    close(difference.high, 26.0109, 1e-4);
}

#[test]
fn nps_differences() {
    let difference = nps_difference(WEB, PHONE).unwrap();
    close(difference.points, 34.482_759, 1e-6);
    close(difference.se, 7.806_414, 1e-6);
    close(difference.statistic, 4.417_234, 1e-6);
    close(difference.p, 9.9972e-06, 1e-10);
    close(difference.low, 19.1825, 1e-4);
    close(difference.high, 49.7830, 1e-4);
    let difference = nps_difference(PHONE, APP).unwrap();
    close(difference.points, 9.852_217, 1e-6);
    close(difference.statistic, 1.014_352, 1e-6);
    close(difference.p, 0.310_415, 1e-6);
    assert_eq!(nps_difference(WEB, nps(0, 0, 0)), None);
}

#[test]
fn heterogeneity() {
    let q = cochran_q(&[WEB, COUNTER, PHONE, APP, EMAIL]).unwrap();
    close(q.q, 38.899_632, 1e-6);
    assert_eq!(q.df, 4);
    close(q.p, 7.307e-08, 1e-11);
    assert_eq!(cochran_q(&[WEB]), None);
    let unanimous = cochran_q(&[WEB, nps(3, 0, 0)]).unwrap();
    assert!(unanimous.q.is_finite() && unanimous.p > 0.05);
}

#[test]
fn ten_pairs_corrected() {
    let pairs = [
        (WEB, APP, 2.158_83e-05),
        (WEB, PHONE, 4.9986e-05),
        (COUNTER, APP, 1.432_59e-04),
        (COUNTER, PHONE, 7.403_23e-04),
        (WEB, EMAIL, 0.041_288),
        (COUNTER, EMAIL, 0.055_047_7),
        (PHONE, APP, 0.443_45),
        (APP, EMAIL, 0.557_876),
        (PHONE, EMAIL, 0.942_688),
        (WEB, COUNTER, 0.942_688),
    ];
    let p: Vec<f64> = pairs.iter().map(|(a, b, _)| nps_difference(*a, *b).unwrap().p).collect();
    for (adjusted, (_, _, expected)) in benjamini_hochberg(&p).into_iter().zip(pairs) {
        close(adjusted, expected, expected * 1e-5);
    }
    assert!(benjamini_hochberg(&[]).is_empty());
}

fn scores(list: &[usize]) -> MeanCounts {
    let mut histogram = [0; 7];
    list.iter().for_each(|score| histogram[score - 1] += 1);
    MeanCounts::from_histogram(1, &histogram)
}

#[test]
fn means() {
    let a = scores(&[7, 6, 5, 7, 4, 6, 7, 3, 5, 6, 7, 2]);
    let b = scores(&[5, 4, 6, 3, 5, 2, 4, 6, 5, 1]);
    close(a.mean().unwrap(), 5.416_667, 1e-6);
    close(a.interval().unwrap().low, 4.351_478, 1e-6);
    close(a.interval().unwrap().high, 6.481_855, 1e-6);
    let (difference, df) = welch(a, b).unwrap();
    close(difference.statistic, 1.842_107, 1e-6);
    close(df, 19.344_967, 1e-6);
    close(difference.p, 0.080_843, 1e-6);
    assert_eq!(scores(&[4]).interval(), None);
    assert_eq!(welch(scores(&[4, 4]), scores(&[5, 5])), None);
}

#[test]
fn mix() {
    let adjusted = mix_adjusted(&[(0.30, WEB), (0.45, COUNTER), (0.25, PHONE)]).unwrap();
    close(adjusted.score, 36.25, 1e-9);
    close((adjusted.high - adjusted.low) / (2.0 * Z95), 3.980_211, 1e-6);
    assert_eq!(adjusted.missing_services, 0);
    let partial = mix_adjusted(&[(0.30, WEB), (0.45, nps(0, 0, 0))]).unwrap();
    close(partial.score, 45.0, 1e-9);
    assert_eq!(partial.missing_services, 1);
    assert_eq!(mix_adjusted(&[(1.0, nps(0, 0, 0))]), None);
}

#[test]
fn answers_needed() {
    assert_eq!([5.0, 10.0, 15.0].map(answers_for_margin), [922, 231, 103]);
}

#[test]
fn drivers() {
    let base = nps(412, 207, 181);
    for (theme, score, impact) in [
        (nps(10, 25, 90), -64.0, -17.199_074),
        (nps(150, 40, 30), 54.5455, 9.7371),
        (nps(60, 25, 35), 20.8333, -1.4191),
    ] {
        close(theme.score().unwrap(), score, 1e-4);
        close(driver_impact(base, theme).unwrap(), impact, 1e-4);
    }
    let delivery = nps(60, 25, 35);
    let rest = nps(412 - 60, 207 - 25, 181 - 35);
    close(nps_difference(delivery, rest).unwrap().statistic, -1.1773, 1e-3);
    assert_eq!(driver_impact(delivery, base), None);
}
