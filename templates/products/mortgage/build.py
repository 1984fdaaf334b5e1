"""Rebuild data/decisions.parquet: score every application by a model that never saw it; and make
up data/second_look.csv, the judgements of two underwriters who never lived.

Run from anywhere: ``python templates/products/mortgage/build.py``. Ten-fold cross-validation with
a fixed seed; race, marital status and schooling are no inputs, nor is the mortgage insurer's
refusal, which is known only after the decision has begun.
"""

from pathlib import Path

import numpy as np
import pandas as pd
from sklearn.compose import make_column_transformer
from sklearn.linear_model import LogisticRegression
from sklearn.model_selection import StratifiedKFold, cross_val_predict
from sklearn.pipeline import make_pipeline
from sklearn.preprocessing import OneHotEncoder, StandardScaler

DATA = Path(__file__).parent / "data"
NUMBERS = ["payment_to_income", "housing_to_income", "loan_to_value", "unemployment_rate"]
GRADES = ["credit_history", "mortgage_history", "public_bad_record", "self_employed", "condominium"]
THRESHOLD = 0.25  # denies 11 of 100, about as many as the underwriters did (12 of 100)


def build(table: pd.DataFrame) -> pd.DataFrame:
    """Add ``score`` (chance of denial) and ``prediction`` to the raw applications."""
    encode = make_column_transformer(
        (StandardScaler(), NUMBERS), (OneHotEncoder(handle_unknown="ignore"), GRADES)
    )
    model = make_pipeline(encode, LogisticRegression(max_iter=1000))
    folds = StratifiedKFold(10, shuffle=True, random_state=1990)
    inputs = table[NUMBERS + GRADES].astype(dict.fromkeys(GRADES, "str"))
    chance = cross_val_predict(model, inputs, table["denied"], cv=folds, method="predict_proba")
    score = chance[:, 1].round(6)
    prediction = pd.Series(score >= THRESHOLD).map({True: "yes", False: "no"})
    return table.assign(score=score, prediction=prediction.to_numpy())


def second_look(decisions: pd.DataFrame, files: int = 120) -> pd.DataFrame:
    """What two people might say of the same files: each sees the score, and something else."""
    chosen = decisions.sample(files, random_state=1990).sort_values("application_id")
    chance = chosen["score"].clip(0.01, 0.99)
    risk = np.log(chance / (1 - chance))
    draw = np.random.default_rng(1990)
    said = []
    for person, strictness in (("H. Brandt", -0.6), ("C. Mbeki", -0.9)):
        denied = risk + draw.logistic(0, 0.45, files) > strictness
        judged = pd.Series(denied).map({True: "yes", False: "no"}).to_numpy()
        said.append(chosen[["application_id"]].assign(underwriter=person, denied=judged))
    return pd.concat(said, ignore_index=True)


if __name__ == "__main__":
    decisions = build(pd.read_parquet(DATA / "applications.parquet"))
    decisions.to_parquet(DATA / "decisions.parquet", compression="zstd", index=False)
    second_look(decisions).to_csv(DATA / "second_look.csv", index=False)
