"""The model card: what a model is for, how good it is for whom, and where it must not be used.

Its sections are those of Hugging Face's template, after Mitchell et al., *Model cards for model
reporting* (2019); its Markdown begins with the metadata that the hub reads.
"""

from __future__ import annotations

from playbook.checks.assess import Assessment
from playbook.checks.case import Case
from playbook.documents.document import Document
from playbook.documents.everything import Everything
from playbook.documents.huggingface import metadata, task_name
from playbook.documents.modelevaluation import evaluation, fingerprint
from playbook.documents.modelfindings import bias_and_limits
from playbook.documents.modelresults import estimates, table_of
from playbook.documents.modelterms import glossary
from playbook.documents.parts import Block, Fact, Gap, Heading, Line, Part, clipped
from playbook.documents.said import about, origin
from playbook.evidence import words
from playbook.questions import QuestionSet

PLAYBOOK = "evaluation"
TITLE = "Model card"
AUTHORS = 12
FEATURES = 60
_BY_HAND = "Not recorded. No playbook asks for it: write it here before the card is handed on."


def build(case: Case, questions: QuestionSet, assessment: Assessment) -> Document:
    """The card of the model that a product rests on."""
    team = Everything(case, questions)
    measured = estimates(case)
    parts = [
        Part("Model details", _details(team), wide=True),
        Part("Uses", _uses(team), wide=True),
        Part("Bias, risks and limitations", bias_and_limits(team, assessment), wide=True),
        Part("How to get started with the model", _use_here(team), wide=True),
        Part("Training details", _training(team), wide=True),
        Part("Evaluation", evaluation(team, assessment), wide=True),
        Part("Model examination", _examination(team)),
        Part("Environmental impact", [_unrecorded(
            "Hardware, hours used, cloud provider, compute region and carbon emitted"
        )]),
        Part("Technical specifications", _specifications(team)),
        Part("Glossary", glossary(measured), wide=True),
        Part("Model card authors", _authors(team)),
        Part("Model card contact", _contact(team)),
    ]  # fmt: skip
    return Document(
        name="model_card",
        kind=TITLE,
        title=clipped(case.product.name, 120),
        about=about(case),
        parts=parts,
        source=origin(case, questions.title),
        metadata=metadata(
            case.product, measured, case.evidence.confidence, fingerprint(case)
        ),
        beside=True,
    )  # fmt: skip


def _details(team: Everything) -> list[Block]:
    product = team.case.product
    about = clipped(product.description, 600)
    return [
        Heading("Model description"),
        Line(about or Gap("product.yaml does not say what the product does ('description:').")),
        Fact("Developed by", [clipped(product.owner, 120)]),
        Fact("Model type", [task_name(product)]),
        Fact("Industry", [clipped(product.industry, 80) or Gap("Not named in product.yaml.")]),
        Fact("Stage", [product.stage.capitalize()]),
        Fact("Risk tier", [team.case.tier.capitalize()]),
        _unrecorded("Licence, language of the inputs, and the model it was finetuned from"),
        Heading("Model sources"),
        Fact("Model file", [_file(team)]),
    ]


def _file(team: Everything) -> str:
    model = team.case.product.model
    if model:
        return clipped(model, 120)
    return Gap("product.yaml names no file ('model:'), so the card rests on predictions alone.")


def _uses(team: Everything) -> list[Block]:
    affected = "problem_definition.affected_people"
    return [
        Heading("Direct use"),
        *team.facts(Intended_use="problem_definition.job",
                    How_far_it_decides="problem_definition.autonomy",
                    Simplest_other_way="problem_definition.alternative_today"),
        Heading("Downstream use"),
        *team.facts(People_in_a_year="problem_definition.people_per_year"),
        *team.table(affected, "Who is affected, users or not"),
        Heading("Out-of-scope use"),
        Line("Nothing here was measured for any use but the one above: every other use is out of "
             "scope."),
        *team.facts(Where_the_EU_AI_Act_places_it="ethics_review.ai_act_area",
                    Lawful_use_of_the_data="data_strategy.lawful_use",
                    Tried_against_misuse="ethics_review.misuse",
                    Odd_inputs="evaluation.odd_inputs"),
        *team.table("problem_definition.stop_criteria", "When it is to be stopped"),
    ]  # fmt: skip


def _use_here(team: Everything) -> list[Block]:
    table = table_of(team.case.product)
    threshold: list[Block] = []
    if table is not None and table.threshold is not None:
        threshold = [Fact("Threshold in use", [f"A score of {words.number(table.threshold)}"])]
    return [
        Line("There is no code to copy: this is how the model is used here."),
        *threshold,
        *team.facts(How_it_was_chosen="evaluation.threshold_reason",
                    A_person_looks_at="evaluation.human_review",
                    When_the_model_is_not_sure="evaluation.unsure_cases",
                    What_users_see_of_its_doubt="evaluation.uncertainty_shown",
                    When_it_fails="evaluation.failure_plan"),
    ]  # fmt: skip


def _training(team: Everything) -> list[Block]:
    table = table_of(team.case.product)
    features = [clipped(name, 60) for name in table.columns.features] if table else []
    shown = ", ".join(features[:FEATURES]) + (" and more" if len(features) > FEATURES else "")
    return [
        Heading("Training data"),
        *team.table("data_strategy.sources", "Sources of the data"),
        *team.facts(What_the_label_records="data_strategy.claims_label_meaning",
                    How_it_is_recorded="data_strategy.label_process",
                    Known_at_the_moment_of_decision="data_strategy.known_at_decision",
                    Most_sensitive_information="data_strategy.personal_data"),
        Fact("Inputs", [shown or Gap("product.yaml names no inputs of the model ('features:').")]),
        Heading("Training procedure"),
        *team.facts(How_training_and_test_were_kept_apart="evaluation.held_out"),
        _unrecorded("Preprocessing and settings of the training"),
        _unrecorded("Speeds, sizes and times of the training"),
    ]  # fmt: skip


def _examination(team: Everything) -> list[Block]:
    read = team.facts(
        Single_mistakes_read="evaluation.error_examples_read",
        Checked_by_others="evaluation.independent_check",
        Measured_again="evaluation.reevaluation",
    )
    return read or [_unrecorded("What was looked at inside the model")]


def _specifications(team: Everything) -> list[Block]:
    product = team.case.product
    table = table_of(product)
    aim: str = Gap("product.yaml names no table that the model is evaluated on.")
    if table is not None:
        label = clipped(table.columns.label or "", 60)
        aim = f"{task_name(product)}" + (f": column '{label}'" if label else "")
    return [
        Heading("Model architecture and objective"),
        Fact("Objective", [aim]),
        _unrecorded("Architecture of the model"),
        Heading("Compute infrastructure"),
        _unrecorded("Hardware and software it runs on"),
    ]


def _authors(team: Everything) -> list[Block]:
    by = {clipped(a.by, 80) for a in team.case.answers.values() if a.state == "answered"}
    names = sorted(by - {"", "unknown"}, key=str.casefold)
    if not names:
        return [Line(Gap("Nobody has answered a question of any playbook under a name yet."))]
    more = [f"and {words.count(len(names) - AUTHORS)} more"] if len(names) > AUTHORS else []
    return [Fact("Answers by", [", ".join([*names[:AUTHORS], *more])])]


def _contact(team: Everything) -> list[Block]:
    return [
        Fact("Owner", [clipped(team.case.product.owner, 120)]),
        *team.facts(Signs_for_the_risk_that_remains="ethics_review.accountable_owner",
                    Can_change_a_decision="ethics_review.appeal_person"),
    ]  # fmt: skip


def _unrecorded(what: str) -> Fact:
    """What the template asks for and no playbook does."""
    return Fact(what, [Gap(_BY_HAND)])
