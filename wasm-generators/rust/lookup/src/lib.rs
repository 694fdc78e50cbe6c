//! `AIRPORT`: airports drawn from a data file that is baked into the module, busy ones more often, with
//! city and country beside the code for other fields to link to.

use datagen_field::{export, Descriptor, Error, Generator, Parameters, Row, Texts};

/// code, city, country, weight.
const AIRPORTS: &str = include_str!("airports.csv");

struct Airport {
    airports: Vec<[&'static str; 3]>,
    /// Sum of the weights up to each airport.
    sums: Vec<u32>,
}

impl Generator for Airport {
    type Output = (Texts, Texts, Texts);

    fn describe() -> Descriptor {
        Descriptor::new("airport", "IATA codes of airports, busy ones more often.")
            .text("country", "", "Two letters: only airports there.")
            .sub_values(&["city", "country"])
    }

    fn new(parameters: &Parameters) -> Result<Self, Error> {
        let country = parameters.text("country")?;
        let mut found = Self { airports: Vec::new(), sums: Vec::new() };
        let mut sum = 0;
        for line in AIRPORTS.lines().skip(1) {
            let mut cells = line.split(',');
            let [code, city, of, weight] = [(); 4].map(|()| cells.next().unwrap_or_default());
            if country.is_empty() || country.eq_ignore_ascii_case(of) {
                sum += weight.parse::<u32>().unwrap_or(1);
                found.airports.push([code, city, of]);
                found.sums.push(sum);
            }
        }
        if found.airports.is_empty() {
            return Err(parameters.refuse("country", format!("there is no airport in `{country}`")));
        }
        Ok(found)
    }

    fn value(&self, row: &mut Row, out: &mut Self::Output) -> Result<(), Error> {
        let drawn = row.random.below(self.sums[self.sums.len() - 1]);
        let [code, city, country] = self.airports[self.sums.partition_point(|sum| *sum <= drawn)];
        out.0.push(code);
        out.1.push(city);
        Ok(out.2.push(country))
    }
}

export!(Airport);
