"""Question sets in other formats become question sets of ours.

`convert` reads a deon checklist (YAML) or a SurveyJS questionnaire (JSON).
"""

from playbook.questionnaires.conversion import Converted, convert

__all__ = ["Converted", "convert"]
