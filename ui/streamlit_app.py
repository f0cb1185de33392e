"""The chat, for `streamlit run ui/streamlit_app.py`.

Where the deployment guide says to paste a function URL or an API endpoint into
this file, set MANUALCHAT_BACKEND to it instead; see `manualchat.client`.
"""

from manualchat.ui.app import main

main()
